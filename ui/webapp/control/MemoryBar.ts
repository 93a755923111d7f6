import Control from "sap/ui/core/Control";
import type RenderManager from "sap/ui/core/RenderManager";
import type { MetadataOptions } from "sap/ui/core/Element";

const PARTS = ["weights", "cache", "workspace"];

/**
 * The memory a model needs, part by part, against what there is and what it may have.
 *
 * @namespace nopenai.studio.control
 */
export default class MemoryBar extends Control {
    static readonly metadata: MetadataOptions = {
        properties: {
            /** Bytes, as all that follow. */
            weights: { type: "float", defaultValue: 0 },
            cache: { type: "float", defaultValue: 0 },
            workspace: { type: "float", defaultValue: 0 },
            available: { type: "float", defaultValue: 0 },
            /** 0 for none. */
            limit: { type: "float", defaultValue: 0 },
            exceeds: { type: "boolean", defaultValue: false },
            /** The same in words. */
            spoken: { type: "string", defaultValue: "" },
        },
    };

    static renderer = {
        apiVersion: 2,
        render(rm: RenderManager, control: MemoryBar): void {
            const read = (name: string) => control.getProperty(name) as number;
            const needed = PARTS.reduce((sum, part) => sum + read(part), 0);
            // Some room beyond the largest, so that a mark at the end is seen.
            const whole = Math.max(needed, read("available"), read("limit")) * 1.02 || 1;
            const share = (bytes: number) => `${(bytes / whole) * 100}%`;

            rm.openStart("div", control).class("nopenaiMemoryBar").attr("role", "img");
            rm.attr("aria-label", control.getProperty("spoken") as string);
            if (control.getProperty("exceeds")) {
                rm.class("nopenaiMemoryExceeds");
            }
            rm.openEnd();
            rm.openStart("div").class("nopenaiMemoryFree").style("width", share(read("available"))).openEnd().close("div");
            rm.openStart("div").class("nopenaiMemoryParts").openEnd();
            for (const part of PARTS) {
                rm.openStart("div").class(`nopenaiMemory-${part}`).style("width", share(read(part))).openEnd().close("div");
            }
            rm.close("div");
            mark(rm, "nopenaiMemoryAvailable", share(read("available")));
            if (read("limit") > 0) {
                mark(rm, "nopenaiMemoryLimit", share(read("limit")));
            }
            rm.close("div");
        },
    };
}

function mark(rm: RenderManager, style: string, at: string): void {
    rm.openStart("div").class(style).style("inset-inline-start", at).openEnd().close("div");
}
