import Theming from "sap/ui/core/Theming";

export type ThemeChoice = "system" | "light" | "dark";

const systemDark = window.matchMedia("(prefers-color-scheme: dark)");

/** Whether a choice means dark, given what the system prefers. */
export function isDark(choice: ThemeChoice, systemIsDark: boolean): boolean {
    return choice === "dark" || (choice === "system" && systemIsDark);
}

export function applyTheme(choice: ThemeChoice): void {
    const dark = isDark(choice, systemDark.matches);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    Theming.setTheme(dark ? "sap_horizon_dark" : "sap_horizon");
}

/** Follows the system while `choice` says so. */
export function followSystem(choice: () => ThemeChoice): void {
    systemDark.addEventListener("change", () => applyTheme(choice()));
}
