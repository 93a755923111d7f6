import type Splitter from "sap/ui/layout/Splitter";
import type SideNavigation from "sap/tnt/SideNavigation";

/** Tells assistive technology where the bars of a splitter stand, which OpenUI5 does not. */
export function tellPlaces(splitter: Splitter): void {
    const tell = () => {
        const whole = splitter.getDomRef()?.getBoundingClientRect();
        const across = splitter.getOrientation() === "Vertical";
        for (const bar of splitter.getDomRef()?.querySelectorAll(":scope > .sapUiLoSplitterBar") ?? []) {
            const place = bar.getBoundingClientRect();
            const part = across ? (place.top - whole!.top) / whole!.height : (place.left - whole!.left) / whole!.width;
            bar.setAttribute("aria-valuenow", String(Math.round(100 * part)));
        }
    };
    splitter.attachResize(tell);
    // The splitter gives its parts their sizes after it is rendered.
    splitter.addEventDelegate({ onAfterRendering: () => setTimeout(tell) });
}

/** A radio item of a menu is checked; OpenUI5 also says selected, which such an item cannot be. */
export function tellCheckedOnly(navigation: SideNavigation): void {
    navigation.getItem()?.addEventDelegate({
        onAfterRendering: () => {
            for (const item of navigation.getDomRef()?.querySelectorAll("[role=menuitemradio][aria-selected]") ?? []) {
                item.removeAttribute("aria-selected");
            }
        },
    });
}
