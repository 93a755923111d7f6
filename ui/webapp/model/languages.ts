import { text } from "./texts";

interface Choice {
    key: string;
    text: string;
}

/** Every language in its own words, so that whoever reads it finds it. */
const NAMES: Record<string, string> = { en: "English", de: "Deutsch", ar: "العربية" };

/** The languages there are, the system's first. */
export function languages(): Choice[] {
    const system = window.nopenaiBoot.languageOf("system");
    return [
        { key: "system", text: text("languageSystem", NAMES[system] ?? system) },
        ...Object.entries(NAMES).map(([key, name]) => ({ key, text: name })),
    ];
}
