import type ResponsivePopover from "sap/m/ResponsivePopover";
import type Control from "sap/ui/core/Control";
import FragmentPart from "./FragmentPart";

/** A press on the opener closes the popover when it begins, and is a press when it ends. */
const ONE_PRESS_MS = 400;

/** A popover at a control of a page. */
export default abstract class FragmentPopover extends FragmentPart<ResponsivePopover> {
    private closedAt = -Infinity;

    /** Opens it, unless the same press has just closed it. */
    protected async showBy(control: Control): Promise<void> {
        if (performance.now() - this.closedAt < ONE_PRESS_MS) {
            return;
        }
        const popover = await this.loaded();
        popover.attachEventOnce("beforeClose", () => (this.closedAt = performance.now()));
        popover.openBy(control);
    }
}
