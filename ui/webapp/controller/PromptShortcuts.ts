import { isCovered } from "./covered";

/** What the keys of the page set off. */
export interface PromptActions {
    run(): void;
    regenerate(): void;
    stop(): void;
    rate(rating: number): void;
    canRate(): boolean;
    /** Whether there is something that Escape ends. */
    canStop(): boolean;
    /** Whether the keys are typed into the prompt. */
    isInPrompt(target: EventTarget | null): boolean;
}

const RATING = /^Digit([1-5])$/;

/** The keys that work anywhere on the page, while nothing lies over it. */
export default class PromptShortcuts {
    private readonly onKeyDown = (event: KeyboardEvent) => this.handle(event);

    constructor(private readonly page: PromptActions) {
        // Captured, because an input would take Escape for itself and revert what was typed.
        document.addEventListener("keydown", this.onKeyDown, true);
    }

    detach(): void {
        document.removeEventListener("keydown", this.onKeyDown, true);
    }

    private handle(event: KeyboardEvent): void {
        if (isCovered()) {
            return;
        }
        const rating = RATING.exec(event.code)?.[1];
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            const action = event.shiftKey ? "regenerate" : "run";
            this.page[action]();
        } else if (event.key === "Escape" && (this.page.canStop() || this.page.isInPrompt(event.target))) {
            event.stopPropagation();
            this.page.stop();
        } else if (event.altKey && rating && this.page.canRate()) {
            event.preventDefault();
            this.page.rate(Number(rating));
        }
    }
}
