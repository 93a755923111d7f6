import type Dialog from "sap/m/Dialog";
import FragmentPart from "./FragmentPart";

/** A dialog over a page. */
export default abstract class FragmentDialog extends FragmentPart<Dialog> {
    protected async show(): Promise<void> {
        (await this.loaded()).open();
    }
}
