import type ResponsivePopover from "sap/m/ResponsivePopover";
import type Control from "sap/ui/core/Control";
import FragmentPart from "./FragmentPart";

/** A popover at a control of a page. */
export default abstract class FragmentPopover extends FragmentPart<ResponsivePopover> {
    protected async showBy(control: Control): Promise<void> {
        (await this.loaded()).openBy(control);
    }
}
