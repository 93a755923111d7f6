import type ResourceBundle from "sap/base/i18n/ResourceBundle";

let bundle: ResourceBundle | undefined;

/** Sets the texts that formatters and models speak with; the component does this before anything is shown. */
export function useTexts(texts: ResourceBundle): void {
    bundle = texts;
}

/** A value of another direction than the page, such as a path, so that it can't pull its surroundings apart. */
export function isolated(value: string): string {
    return document.documentElement.dir === "rtl" ? `\u2068${value}\u2069` : value;
}

/** What there is of several values, in one line. */
export function series(values: (string | null | undefined)[]): string {
    return values
        .flatMap((value) => (value ? [isolated(value)] : []))
        .join(" · ");
}

/**
 * A text of the bundle, with {0}, {1} … filled in. By us, since the bundle's own way takes an apostrophe for a mark,
 * where bindings show it.
 */
export function text(key: string, ...values: (string | number)[]): string {
    const found = bundle?.getText(key) ?? key;
    return found.replace(/\{(\d)\}/g, (mark, place: string) => String(values[Number(place)] ?? mark));
}
