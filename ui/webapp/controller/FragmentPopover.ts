import type ResponsivePopover from "sap/m/ResponsivePopover";
import type Control from "sap/ui/core/Control";
import FragmentPart from "./FragmentPart";

/** A popover at a control of a page. */
export default abstract class FragmentPopover extends FragmentPart<ResponsivePopover> {
    private opener?: Control;
    private open = false;
    private pressedToClose = false;

    /** Opens it; a press that found it open closes it. */
    protected async showBy(control: Control): Promise<void> {
        const popover = await this.loaded();
        if (this.pressedToClose) {
            this.pressedToClose = false;
            popover.close();
            return;
        }
        if (this.opener !== control) {
            this.opener = control;
            // Before the focus moves, which may close the popover. It returns nothing: false would end the event.
            control.attachBrowserEvent("mousedown", () => {
                this.pressedToClose = this.open;
            });
        }
        // Not `isOpen`, which it is until the end of its closing.
        this.open = true;
        popover.attachEventOnce("beforeClose", () => (this.open = false));
        popover.openBy(control);
    }
}
