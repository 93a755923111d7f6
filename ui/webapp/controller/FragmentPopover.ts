import type ResponsivePopover from "sap/m/ResponsivePopover";
import type Control from "sap/ui/core/Control";
import FragmentPart from "./FragmentPart";

/** A popover at a control of a page. */
export default abstract class FragmentPopover extends FragmentPart<ResponsivePopover> {
    private opener?: Control;
    private pressedToClose = false;

    /** Opens it; a press that found it open has closed it, and is not to open it again. */
    protected async showBy(control: Control): Promise<void> {
        if (this.pressedToClose) {
            this.pressedToClose = false;
            return;
        }
        const popover = await this.loaded();
        if (this.opener !== control) {
            this.opener = control;
            // Before the focus moves, which closes the popover.
            control.attachBrowserEvent("mousedown", () => (this.pressedToClose = popover.isOpen()));
        }
        popover.openBy(control);
    }
}
