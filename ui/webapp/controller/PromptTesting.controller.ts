import type { CheckBox$SelectEvent } from "sap/m/CheckBox";
import type VBox from "sap/m/VBox";
import type { RatingIndicator$ChangeEvent } from "sap/m/RatingIndicator";
import type { SegmentedButton$SelectionChangeEvent } from "sap/m/SegmentedButton";
import type Event from "sap/ui/base/Event";
import type Splitter from "sap/ui/layout/Splitter";
import type { Route$PatternMatchedEvent } from "sap/ui/core/routing/Route";
import JSONModel from "sap/ui/model/json/JSONModel";
import { previewPrompt, runFacets, type Example, type Mode } from "../backend/studio";
import type Markdown from "../control/Markdown";
import { askedModel, canAssess, canRun } from "../model/answerFormat";
import { MOST_TARGETS } from "../model/Batch";
import { copy } from "../model/clipboard";
import type { ModelRow } from "../model/models";
import { noOverrides, NUMBER_FIELDS } from "../model/parameters";
import type { Remembered } from "../model/Preferences";
import type { Request } from "../model/PromptSession";
import { requestOf } from "../model/request";
import { text } from "../model/texts";
import ThoughtSplit from "../model/ThoughtSplit";
import { tellPlaces } from "./aria";
import BaseController from "./BaseController";
import BatchPane from "./BatchPane";
import FieldMarks from "./FieldMarks";
import ModesDialog from "./ModesDialog";
import PreviewDialog from "./PreviewDialog";
import PricesDialog from "./PricesDialog";
import PromptShortcuts from "./PromptShortcuts";

/** What the next run's tokens and inherited values depend on. */
const RECOUNTED = ["/prompt", "/parameters", ...NUMBER_FIELDS.map((name) => `/parameters/${name}`), "/parameters/system_prompt"];
const REREAD: [string, string[]][] = [
    ["live", ["/chosen/id", "/chosen/state"]],
    ["modes", ["/chosen", "/items"]],
];

/**
 * @namespace nopenai.studio.controller
 */
export default class PromptTesting extends BaseController {
    private readonly tags = new JSONModel([]);
    private marks: FieldMarks;
    private modesDialog: ModesDialog;
    private pricesDialog: PricesDialog;
    private batchPane: BatchPane;
    private shortcuts: PromptShortcuts;
    private preview: PreviewDialog;

    onInit(): void {
        const view = this.getView()!;
        const { session, draft, modes, batch, preferences } = this.component();
        this.marks = new FieldMarks(preferences, (id) => this.showField(id));
        view.setModel(this.marks.model, "page").setModel(this.tags, "tags");
        const split = new ThoughtSplit(this.control<Markdown>("answer"));
        view.setModel(split.model, "thought");
        session.showTextIn(split);
        this.modesDialog = new ModesDialog(view, modes, () => void draft.refresh());
        this.pricesDialog = new PricesDialog(view);
        this.preview = new PreviewDialog(view);
        this.bindFields();
        tellPlaces(this.control<Splitter>("rows"));
        tellPlaces(this.control<Splitter>("panes"));
        this.batchPane = new BatchPane(view, batch, preferences, {
            requests: (chosen, models) => this.requests(chosen, models),
            stop: () => this.onStop(),
            compare: (a, b) => void this.component().compare(a, b),
        });
        void this.batchPane.addTo(this.control<VBox>("resultPane"));
        this.router().getRoute("promptTesting")?.attachPatternMatched(this.onMatched, this);
        view.addEventDelegate({ onAfterShow: () => this.control("prompt").focus() });
        this.shortcuts = this.createShortcuts();
    }

    onExit(): void {
        this.shortcuts.detach();
        this.batchPane.destroy();
    }

    async onRun(): Promise<void> {
        const { session, batch } = this.component();
        const request = this.marks.valid() ? this.request() : null;
        if (!request || session.active || batch.running) {
            return;
        }
        this.onEdit();
        await this.ask(request);
    }

    async onRegenerate(): Promise<void> {
        const { session, batch } = this.component();
        if (session.request && !session.active && !batch.running) {
            // Asked again, it is computed again.
            await this.ask({ ...session.request, cache: false });
        }
    }

    onStop(): void {
        const { session, batch } = this.component();
        void session.stop();
        void batch.stop();
    }

    /** Shows what Run would send. */
    onPreview(): void {
        const request = this.marks.valid() ? this.request() : null;
        if (request) {
            const { modelName: _shown, mode, ...input } = request;
            void this.preview.open(() => previewPrompt({ ...input, mode: mode?.id ?? null }));
        }
    }

    onRunExample(): void {
        this.component().preferences.setProperty("/prompt", text("example"));
        void this.onRun();
    }

    onExample(event: Event): void {
        const { prompt } = this.bound<Example>(event, "draft");
        this.component().keepUnsent(prompt);
        this.setPrompt(prompt);
    }

    onRestorePrompt(): void {
        const { draft, preferences, modes } = this.component();
        const { replaced } = draft;
        if (replaced) {
            this.setPrompt(replaced.prompt);
            preferences.setProperty("/parameters", replaced.parameters);
            modes.choose(replaced.mode);
            draft.keep(null);
        }
    }

    onForgetPrompt(): void {
        this.component().draft.keep(null);
    }

    onClearPrompt(): void {
        this.component().keepUnsent("");
        this.setPrompt("");
    }

    onNoSystemPrompt(event: CheckBox$SelectEvent): void {
        if (event.getParameter("selected")) {
            this.component().preferences.setProperty("/parameters/system_prompt", "");
        }
        this.onEdit();
        this.component().draft.changed();
    }

    onClearOverrides(): void {
        this.component().preferences.setProperty("/parameters", noOverrides());
        this.onEdit();
    }

    onEditStop(): void {
        this.component().preferences.setProperty("/parameters/no_stop", false);
        this.onEdit();
    }

    onChooseMode(event: SegmentedButton$SelectionChangeEvent): void {
        this.component().modes.choose(event.getParameter("item")?.getKey() ?? "");
    }

    onModesMenu(event: Event): void {
        const { id } = this.bound<Mode>(event, "modes");
        if (id === "") {
            void this.modesDialog.open(this.models());
        } else {
            this.component().modes.choose(id);
        }
    }

    onOpenPrices(): void {
        const { live, session } = this.component();
        void this.pricesDialog.open(this.models(), session.request?.model ?? live.chosen?.id ?? null);
    }

    onCopy(): void {
        void copy(this.component().session.answerText);
    }

    onCopyFolder(): void {
        void copy(this.component().live.model.getProperty("/folder") as string);
    }

    onRate(event: RatingIndicator$ChangeEvent): void {
        void this.component().session.rate(event.getParameter("value") ?? 0);
    }

    onTag(event: Event<{ texts: string[] }>): void {
        void this.component().session.tag(event.getParameter("texts"));
    }

    /** Tags that are in use; without them, any can still be typed. */
    async onSuggestTags(): Promise<void> {
        const facets = await runFacets().catch(() => null);
        this.tags.setData(facets?.tags ?? []);
    }

    onCompare(): void {
        const { session } = this.component();
        if (session.run) {
            void this.component().compare(session.run);
        }
    }

    onBatchAllModes(): void {
        const { modes, live } = this.component();
        if (modes.items.length > MOST_TARGETS) {
            this.onOpenBatch();
        } else if (live.chosen) {
            this.batchPane.ask(modes.items.map(({ id }) => id), [live.chosen.id]);
        }
    }

    onOpenBatch(): void {
        const { modes, live } = this.component();
        void this.batchPane.choose(modes.chosen?.id, live.chosen?.id);
    }

    onOpenEvaluations(): void {
        void this.component().evaluate();
    }

    onShowBatch(): void {
        this.component().batch.show(true);
    }

    /** A field was touched: the mark has done its work. */
    onEdit(): void {
        this.marks.clear();
    }

    private bindFields(): void {
        const { preferences, draft } = this.component();
        const section = this.control("parametersPanel");
        section.setModel(preferences, "over").bindElement("over>/parameters");
        section.setModel(draft.model, "beneath").bindElement("beneath>/beneath");
        for (const path of RECOUNTED) {
            preferences.bindProperty(path).attachChange(() => draft.changed());
        }
        for (const [model, paths] of REREAD) {
            for (const path of paths) {
                this.component().getModel(model)?.bindProperty(path).attachChange(() => void draft.refresh());
            }
        }
        // The configuration of a model changes elsewhere; coming back here is when it matters.
        this.control("promptPane").addEventDelegate({ onfocusin: () => void draft.refresh() });
        void draft.refresh();
    }

    private async ask(request: Request): Promise<void> {
        const { session, batch } = this.component();
        batch.show(false);
        const refusal = await session.ask(request);
        if (refusal) {
            this.marks.refused(refusal);
        } else if (session.run) {
            this.router().navTo("promptTesting", { run: session.run }, true);
        }
    }

    /** The page's prompt for each of some modes and models; none while a field is out of range. */
    private requests(modes: string[], models: string[]): Request[] {
        if (!this.marks.valid()) {
            return [];
        }
        this.onEdit();
        const { preferences, modes: known } = this.component();
        const page = preferences.getData() as Remembered;
        const rows = this.models().filter(({ id }) => models.includes(id));
        // What is compared is measured.
        const asked = (row: ModelRow, mode: string) => ({ ...requestOf(page, row, known.find(mode) ?? null), cache: false });
        return rows.flatMap((row) => modes.map((mode) => asked(row, mode)));
    }

    private models(): ModelRow[] {
        return this.component().live.model.getProperty("/models") as ModelRow[];
    }

    /** What the page says, asked of the model that the chosen mode asks. */
    private request(): Request | null {
        const { preferences, live, modes } = this.component();
        const row = askedModel(modes.chosen, live.chosen, this.models());
        return row && requestOf(preferences.getData() as Remembered, row, modes.chosen);
    }

    /** Leads to a field, which a batch may stand over. */
    private showField(id: string): void {
        this.component().batch.show(false);
        this.control(id).focus();
    }

    private setPrompt(prompt: string): void {
        this.component().preferences.setProperty("/prompt", prompt);
        this.control("prompt").focus();
    }

    private onMatched(event: Route$PatternMatchedEvent): void {
        const { run } = event.getParameter("arguments") as { run?: string };
        const { session, batch } = this.component();
        if (run && run !== session.run && !session.active) {
            this.onEdit();
            batch.show(false);
            void this.component().openRun(run);
        }
    }

    /** Runs what is typed; where nothing can run, leads to where it is typed. */
    private runOrType(): void {
        const { session, preferences, live, batch } = this.component();
        if (canRun(session.phase, preferences.getProperty("/prompt") as string, live.chosen, batch.running)) {
            void this.onRun();
        } else {
            this.control("prompt").focus();
        }
    }

    private createShortcuts(): PromptShortcuts {
        const { session, batch } = this.component();
        return new PromptShortcuts({
            run: () => this.runOrType(),
            regenerate: () => void this.onRegenerate(),
            stop: () => this.onStop(),
            rate: (rating) => void session.rate(rating),
            canRate: () => canAssess(session.run, session.phase),
            canStop: () => session.active || batch.running,
            isInPrompt: (target) =>
                target instanceof Node && this.control("prompt").getDomRef()?.contains(target) === true,
        });
    }
}
