import NumberFormat from "sap/ui/core/format/NumberFormat";
import type { Runtime, RuntimeReport, RuntimesReport } from "../backend/studio";
import { fullMoment, NONE, rateText } from "./format";
import { isolated, series, text } from "./texts";

const ratio = NumberFormat.getFloatInstance({ minFractionDigits: 1, maxFractionDigits: 2 });

/** The runtime's name, as its makers write it. */
export function runtimeName(runtime: Runtime | null | undefined): string {
    return runtime ? text(`runtime.${runtime}`) : NONE;
}

/** Which runtime answers, and why. */
export function chosenText(report: RuntimesReport | null): string {
    if (!report) {
        return text("runtimeLooking");
    }
    const { chosen } = report;
    if (!chosen) {
        return text("runtimeNone");
    }
    const { reason } = chosen;
    const times = "ratio" in reason ? ratio.format(reason.ratio) : "";
    return text(`runtimeReason.${reason.kind}`, isolated(runtimeName(chosen.runtime)), times);
}

/** How fast a runtime was, or why it can't be taken. */
export function speedText({ problem, speed }: RuntimeReport): string {
    if (problem) {
        return problem.message;
    }
    if (!speed) {
        return text("runtimeNotMeasured");
    }
    return series([
        text("runtimeDecode", rateText(speed.decode_tokens_per_s)),
        text("runtimePrefill", rateText(speed.prefill_tokens_per_s)),
        fullMoment(speed.measured_at),
        speed.device,
    ]);
}

/** Whether there is something to compare. */
export function canMeasure(report: RuntimesReport | null): boolean {
    return Boolean(report?.runtimes.some(({ problem }) => !problem));
}
