import JSONModel from "sap/ui/model/json/JSONModel";
import type { Failure } from "../backend/studio";
import { invalidField, type ParameterFields } from "../model/parameters";
import type Preferences from "../model/Preferences";
import { text } from "../model/texts";

/** The control of each field that an error can name. */
const FIELDS: Record<string, string> = {
    prompt: "prompt",
    temperature: "temperature",
    top_p: "topP",
    top_k: "topK",
    min_p: "minP",
    repetition_penalty: "repetitionPenalty",
    max_tokens: "maxTokens",
    context_length: "contextLength",
    seed: "seed",
    stop: "stop",
    system_prompt: "systemPrompt",
    alternatives: "alternatives",
    format: "formatRule",
    tools: "tools",
    tool_choice: "toolChoice",
};

/** Which field of the page is wrong, and why: marks it, opens the section it is in and leads there. */
export default class FieldMarks {
    /** What the fields bind to. */
    readonly model = new JSONModel(unmarked());

    constructor(
        private readonly preferences: Preferences,
        private readonly show: (id: string) => void,
    ) {}

    clear(): void {
        this.model.setData(unmarked());
    }

    /** Whether all fields are in range; the first that is not is marked. */
    valid(): boolean {
        const invalid = invalidField(this.preferences.getProperty("/parameters") as ParameterFields);
        if (invalid) {
            this.mark(invalid, text(`range.${invalid}`));
        }
        return !invalid;
    }

    /** Marks the field that a refusal names, where it names one. */
    refused(refusal: Failure): void {
        const { field } = refusal.details;
        if (refusal.code === "invalid_input" && typeof field === "string") {
            this.mark(field, refusal.message);
        }
    }

    private mark(field: string, message: string): void {
        this.model.setData({ invalid: field, invalidText: message });
        const id = FIELDS[field];
        if (id) {
            this.reveal(field);
            this.show(id);
        }
    }

    private reveal(field: string): void {
        const section = { prompt: "", system_prompt: "/systemPromptExpanded" }[field] ?? "/parametersExpanded";
        if (section) {
            this.preferences.setProperty(section, true);
        }
    }
}

function unmarked(): { invalid: string; invalidText: string } {
    return { invalid: "", invalidText: "" };
}
