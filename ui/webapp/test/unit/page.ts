import UIComponent from "sap/ui/core/Component";
import ComponentContainer from "sap/ui/core/ComponentContainer";
import type Component from "../../Component";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";

const PREFERENCES = "nopenai.preferences";
const BOOT = "nopenai.boot";
const PATIENCE_MS = 15_000;

/** The whole window over a fake backend, to be looked at and operated as a person would. */
export default class Page {
    private constructor(
        readonly backend: FakeBackend,
        private readonly container: ComponentContainer,
    ) {}

    static async open(scenario: Scenario): Promise<Page> {
        localStorage.removeItem(PREFERENCES);
        localStorage.removeItem(BOOT);
        const backend = new FakeBackend(scenario);
        backend.install();
        const container = new ComponentContainer({
            name: "nopenai.studio",
            settings: { id: "studio" },
            height: "800px",
            manifest: true,
            async: true,
        }).placeAt("qunit-fixture");
        const page = new Page(backend, container);
        await until("the page is there", () => find("runButton") !== null && find("historyTable") !== null);
        await until("the models are there", () => !shown("modelButton").includes("Looking"));
        return page;
    }

    close(): void {
        this.container.destroy();
        window.location.hash = "";
    }

    get component(): Component {
        return UIComponent.getComponentById("studio") as Component;
    }

    called(operation: string): { input: unknown }[] {
        return this.backend.calls.filter((call) => call.operation === operation);
    }
}

export const find = (name: string) => document.querySelector<HTMLElement>(`[id$="--${name}"]`);
export const shown = (name: string) => find(name)?.textContent ?? "";
export const isVisible = (name: string) => find(name)?.checkVisibility({ visibilityProperty: true }) === true;

export async function until(what: string, holds: () => boolean): Promise<void> {
    const started = performance.now();
    while (!holds()) {
        if (performance.now() - started > PATIENCE_MS) {
            throw new Error(`never happened: ${what}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

export function press(key: string, target: Element | null | undefined, modifiers: KeyboardEventInit = {}): void {
    target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...modifiers }));
}

/** Presses what is or will be there, once it can be. */
export async function tap(selector: string): Promise<void> {
    await until(selector, () => document.querySelector(selector) !== null);
    click(document.querySelector(selector));
}

/** OpenUI5 makes its presses from the whole sequence. */
export function click(target: Element | null | undefined): void {
    for (const kind of ["mousedown", "mouseup", "click"]) {
        target?.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true, button: 0, detail: 1 }));
    }
}

/** Types into a field as a person does. */
export function type(name: string, value: string): void {
    const input = find(name) as HTMLInputElement;
    input.focus();
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
}
