import InstanceManager from "sap/m/InstanceManager";
import type { Route$PatternMatchedEvent } from "sap/ui/core/routing/Route";
import type Control from "sap/ui/core/Control";
import JSONModel from "sap/ui/model/json/JSONModel";
import type { Failure } from "../backend/studio";
import type StreamedText from "../control/StreamedText";
import { copy } from "../model/clipboard";
import { invalidField, toParameters, type ParameterFields } from "../model/parameters";
import { canRun } from "../model/answerFormat";
import { text } from "../model/texts";
import BaseController from "./BaseController";

/** The control of each field that an error can name. */
const FIELDS: Record<string, string> = {
    prompt: "prompt",
    temperature: "temperature",
    top_p: "topP",
    max_tokens: "maxTokens",
    seed: "seed",
};

/**
 * @namespace nopenai.studio.controller
 */
export default class PromptTesting extends BaseController {
    private readonly page = new JSONModel({ invalid: "", invalidText: "" });
    private readonly onKeyDown = (event: KeyboardEvent) => this.onShortcut(event);

    onInit(): void {
        this.getView()?.setModel(this.page, "page");
        this.component().session.showTextIn(this.control<StreamedText>("answer"));
        this.router().getRoute("promptTesting")?.attachPatternMatched(this.onMatched, this);
        this.getView()?.addEventDelegate({ onAfterShow: () => this.control("prompt").focus() });
        // Captured, because an input would take Escape for itself and revert what was typed.
        document.addEventListener("keydown", this.onKeyDown, true);
    }

    onExit(): void {
        document.removeEventListener("keydown", this.onKeyDown, true);
    }

    async onRun(): Promise<void> {
        const { session, live, preferences } = this.component();
        const prompt = preferences.getProperty("/prompt") as string;
        const fields = preferences.getProperty("/parameters") as ParameterFields;
        const chosen = live.chosen;
        if (!chosen || session.active) {
            return;
        }
        const invalid = invalidField(fields);
        if (invalid) {
            this.markInvalid(invalid, text(`range.${invalid}`));
            return;
        }
        this.onEdit();
        const refusal = await session.ask(chosen.id, chosen.name, prompt, toParameters(fields));
        if (refusal) {
            this.markRefused(refusal);
        } else if (session.run) {
            this.router().navTo("promptTesting", { run: session.run }, true);
        }
    }

    onStop(): void {
        void this.component().session.stop();
    }

    onRunExample(): void {
        this.component().preferences.setProperty("/prompt", text("example"));
        void this.onRun();
    }

    onClearPrompt(): void {
        this.component().preferences.setProperty("/prompt", "");
        this.control("prompt").focus();
    }

    onCopy(): void {
        void copy(this.component().session.answerText);
    }

    onCopyFolder(): void {
        void copy(this.component().live.model.getProperty("/folder") as string);
    }

    /** What was refused is being changed: the mark has done its work. */
    onEdit(): void {
        this.page.setData({ invalid: "", invalidText: "" });
    }

    private onMatched(event: Route$PatternMatchedEvent): void {
        const { run } = event.getParameter("arguments") as { run?: string };
        const { session } = this.component();
        if (run && run !== session.run && !session.active) {
            this.onEdit();
            void this.component().openRun(run);
        }
    }

    private onShortcut(event: KeyboardEvent): void {
        if (InstanceManager.hasOpenDialog() || InstanceManager.hasOpenPopover()) {
            return;
        }
        const { session, preferences, live } = this.component();
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            if (canRun(session.phase, preferences.getProperty("/prompt") as string, live.chosen)) {
                void this.onRun();
            } else {
                this.control("prompt").focus();
            }
        } else if (event.key === "Escape" && (session.active || this.isInPrompt(event.target))) {
            event.stopPropagation();
            this.onStop();
        }
    }

    private isInPrompt(target: EventTarget | null): boolean {
        return target instanceof Node && this.control("prompt").getDomRef()?.contains(target) === true;
    }

    private markRefused(refusal: Failure): void {
        const field = refusal.details.field;
        if (refusal.code === "invalid_input" && typeof field === "string") {
            this.markInvalid(field, refusal.message);
        }
    }

    private markInvalid(field: string, message: string): void {
        this.page.setData({ invalid: field, invalidText: message });
        const control = FIELDS[field];
        if (control) {
            this.control<Control>(control).focus();
        }
    }
}
