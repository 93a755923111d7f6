import NumberFormat from "sap/ui/core/format/NumberFormat";
import type { Requantized, Runtime, RuntimeReport, RuntimesReport } from "../backend/studio";
import { bytes, fullMoment, NONE, rateText } from "./format";
import { isolated, series, text } from "./texts";

const percent = NumberFormat.getPercentInstance({ minFractionDigits: 2, maxFractionDigits: 2 });
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

/** The file a model was written to, and by how much it is worse. */
export function writtenText(written: Requantized | null): string {
    if (!written) {
        return "";
    }
    const { file, size_bytes, perplexity_before: before, perplexity_after: after } = written;
    const change = percent.format(after / before - 1);
    return text("formWritten", isolated(file), bytes(size_bytes), ratio.format(before), ratio.format(after), change);
}

/** Whether there is something to compare. */
export function canMeasure(report: RuntimesReport | null): boolean {
    return Boolean(report?.runtimes.some(({ problem }) => !problem));
}
