import Control from "sap/ui/core/Control";
import type RenderManager from "sap/ui/core/RenderManager";
import type { MetadataOptions } from "sap/ui/core/Element";
import { NONE } from "../model/format";

/**
 * One measure of two runs on the spine between them: a bar grows to each side, and the better value is marked by a
 * sign, in bold and in what is read aloud.
 *
 * @namespace nopenai.studio.control
 */
export default class Pair extends Control {
    static readonly metadata: MetadataOptions = {
        properties: {
            label: { type: "string", defaultValue: "" },
            a: { type: "string", defaultValue: NONE },
            b: { type: "string", defaultValue: NONE },
            /** 0 to 1. */
            barA: { type: "float", defaultValue: 0 },
            barB: { type: "float", defaultValue: 0 },
            /** "a", "b" or "none". */
            better: { type: "string", defaultValue: "none" },
            /** What is read aloud. */
            spoken: { type: "string", defaultValue: "" },
        },
    };

    static renderer = {
        apiVersion: 2,
        render(rm: RenderManager, control: Pair): void {
            const property = (name: string) => control.getProperty(name) as string;
            rm.openStart("div", control).class("nopenaiPair").attr("role", "img").attr("aria-label", property("spoken")).openEnd();
            reading(rm, property("a"), property("better") === "a", "A");
            rm.openStart("span").class("nopenaiPairLabel").openEnd().text(property("label")).close("span");
            reading(rm, property("b"), property("better") === "b", "B");
            bar(rm, "A", control.getProperty("barA") as number);
            bar(rm, "B", control.getProperty("barB") as number);
            rm.close("div");
        },
    };
}

function reading(rm: RenderManager, value: string, better: boolean, side: "A" | "B"): void {
    rm.openStart("span").class("nopenaiPairValue").class(`nopenaiPair${side}`);
    if (better) {
        rm.class("nopenaiPairBetter");
    }
    rm.openEnd();
    if (better) {
        rm.icon("sap-icon://accept", ["nopenaiPairMark"], { "aria-hidden": "true", title: "" });
    }
    rm.text(value).close("span");
}

function bar(rm: RenderManager, side: "A" | "B", share: number): void {
    rm.openStart("span").class("nopenaiPairTrack").class(`nopenaiPair${side}`).openEnd();
    rm.openStart("span").class("nopenaiPairBar").style("width", `${Math.round(share * 100)}%`).openEnd().close("span");
    rm.close("span");
}
