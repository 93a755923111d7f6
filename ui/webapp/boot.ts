// Runs before OpenUI5, so that the first paint already has the right theme.
(() => {
    let chosen: unknown;
    try {
        chosen = JSON.parse(localStorage.getItem("nopenai.preferences") ?? "{}").theme;
    } catch {
        chosen = undefined;
    }
    const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);

    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    Object.assign(globalThis, { "sap-ui-config": { theme: dark ? "sap_horizon_dark" : "sap_horizon" } });
})();
