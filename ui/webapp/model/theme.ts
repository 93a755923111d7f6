import Theming from "sap/ui/core/Theming";
import type { Settings } from "../backend/studio";

export type ThemeChoice = Settings["theme"];

const SYSTEM = ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"].map((query) => window.matchMedia(query));

/** Dresses the page: colours and the room that controls take. */
export function applyLook({ theme, density }: Pick<Settings, "theme" | "density">): void {
    window.nopenaiBoot.dress(theme, density);
    Theming.setTheme(window.nopenaiBoot.themeName(theme));
}

/** Calls back whenever the system changes its colours. */
export function onSystemColours(changed: () => void): void {
    SYSTEM.forEach((query) => query.addEventListener("change", changed));
}
