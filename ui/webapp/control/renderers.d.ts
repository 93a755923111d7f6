/** Absent from the types of OpenUI5; a control that inherits names its renderer. */
declare module "sap/m/MultiInputRenderer" {
    import type { ControlRenderer } from "sap/ui/core/Control";

    const renderer: ControlRenderer;
    export default renderer;
}
