// Runs before OpenUI5, so that the first paint already has the right theme, language, direction and density.
// What it reads is a copy that the window keeps; the settings themselves are the application's.

type BootTheme = "system" | "light" | "dark" | "contrast_black" | "contrast_white";

interface Boot {
    /** OpenUI5's name of a theme. */
    themeName(theme: BootTheme | undefined): string;
    /** The language the interface has for a choice: itself, or the first of the system's that there is. */
    languageOf(choice: string | undefined): string;
    /** Puts colour scheme and density onto the page. */
    dress(theme: BootTheme | undefined, density: string | undefined): void;
    /** The language of this page. */
    language: string;
}

interface Window {
    nopenaiBoot: Boot;
}

(() => {
    const LANGUAGES = ["en", "de", "ar"];
    const NAMES: Record<string, string> = {
        light: "sap_horizon",
        dark: "sap_horizon_dark",
        contrast_black: "sap_horizon_hcb",
        contrast_white: "sap_horizon_hcw",
    };
    const root = document.documentElement;

    const systemTheme = () => {
        const dark = matchMedia("(prefers-color-scheme: dark)").matches;
        if (matchMedia("(prefers-contrast: more)").matches) {
            return dark ? "contrast_black" : "contrast_white";
        }
        return dark ? "dark" : "light";
    };
    const themeName = (theme: string | undefined) => NAMES[theme ?? ""] ?? NAMES[systemTheme()] ?? "sap_horizon";
    const languageOf = (choice: string | undefined) => {
        const wanted = choice && choice !== "system" ? [choice] : navigator.languages;
        const known = wanted.map((tag) => tag.toLowerCase().split("-")[0] ?? "");
        return known.find((language) => LANGUAGES.includes(language)) ?? "en";
    };
    const dress = (theme: string | undefined, density: string | undefined) => {
        root.style.colorScheme = /_dark|_hcb/.test(themeName(theme)) ? "dark" : "light";
        root.classList.toggle("sapUiSizeCompact", density !== "cozy");
        root.classList.toggle("sapUiSizeCozy", density === "cozy");
    };

    let kept: { theme?: BootTheme; language?: string; density?: string };
    try {
        kept = Object(JSON.parse(localStorage.getItem("nopenai.boot") ?? "{}"));
    } catch {
        kept = {};
    }
    const language = languageOf(kept.language);
    dress(kept.theme, kept.density);
    root.lang = language;
    root.dir = language === "ar" ? "rtl" : "ltr";
    window.nopenaiBoot = { themeName, languageOf, dress, language };
    Object.assign(globalThis, { "sap-ui-config": { theme: themeName(kept.theme), language } });
})();
