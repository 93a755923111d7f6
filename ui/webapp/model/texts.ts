import type ResourceBundle from "sap/base/i18n/ResourceBundle";

let bundle: ResourceBundle | undefined;

/** Sets the texts that formatters and models speak with; the component does this before anything is shown. */
export function useTexts(texts: ResourceBundle): void {
    bundle = texts;
}

/** A text of the bundle, with {0}, {1} … filled in. */
export function text(key: string, ...values: (string | number)[]): string {
    return bundle?.getText(key, values) ?? key;
}
