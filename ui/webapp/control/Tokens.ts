import MultiInput from "sap/m/MultiInput";
import MultiInputRenderer from "sap/m/MultiInputRenderer";
import Token from "sap/m/Token";
import type { MetadataOptions } from "sap/ui/core/Element";

/**
 * A short list of texts as tokens. What is typed becomes one with Enter, and with a comma where `commas` allows;
 * a change is told once it is whole.
 *
 * @namespace nopenai.studio.control
 */
export default class Tokens extends MultiInput {
    static readonly metadata: MetadataOptions = {
        properties: {
            texts: { type: "string[]", defaultValue: [] },
            /** Whether line feeds, tabs and quotes are typed and shown escaped, as in JSON. */
            escaped: { type: "boolean", defaultValue: false },
            maxTexts: { type: "int", defaultValue: 16 },
        },
        events: {
            textsChange: { parameters: { texts: { type: "string[]" } } },
        },
    };

    static renderer = MultiInputRenderer;

    init(): void {
        super.init();
        this.attachTokenUpdate((event) => {
            const removed = (event.getParameter("removedTokens") ?? []).map((token) => token.getKey());
            if (event.getParameter("type") === "removed") {
                this.tell(this.texts().filter((each) => !removed.includes(each)));
            }
        });
        this.addValidator(({ text: typed }: { text: string }) => {
            this.add(typed);
            return null as unknown as Token;
        });
        this.attachChange(() => this.add(this.getValue()));
    }

    /** Null, as a binding passes where there are none, is none. */
    setTexts(given: string[] | null): this {
        const texts = given ?? [];
        this.setProperty("texts", texts, true);
        this.setTokens(texts.map((each) => this.token(each)));
        return this;
    }

    private texts(): string[] {
        return this.getProperty("texts") as string[];
    }

    private add(typed: string): void {
        const added = this.getProperty("escaped") ? unescaped(typed) : typed.trim();
        this.setValue("");
        if (added !== "" && !this.texts().includes(added) && this.texts().length < (this.getProperty("maxTexts") as number)) {
            this.tell([...this.texts(), added]);
        }
    }

    /** Settings given to a constructor are read as bindings where they have braces. */
    private token(each: string): Token {
        return new Token().setKey(each).setText(this.shown(each)).setTooltip(this.shown(each));
    }

    private tell(texts: string[]): void {
        this.setTexts(texts);
        this.fireEvent("textsChange", { texts });
    }

    private shown(each: string): string {
        return this.getProperty("escaped") ? JSON.stringify(each).slice(1, -1) : each;
    }
}

/** What was typed with escapes as JSON has them; taken as it is when it is not well-formed. */
function unescaped(typed: string): string {
    try {
        return String(JSON.parse(`"${typed}"`));
    } catch {
        return typed;
    }
}
