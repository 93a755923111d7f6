import InstanceManager from "sap/m/InstanceManager";

/** Whether a dialog or popover lies over the page and takes the keys; a toast does not. */
export function isCovered(): boolean {
    const popovers = InstanceManager.getOpenPopovers() as { isA(type: string): boolean }[];
    return InstanceManager.hasOpenDialog() || popovers.some((popover) => popover.isA("sap.ui.core.Control"));
}
