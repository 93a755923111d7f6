import DateFormat from "sap/ui/core/format/DateFormat";
import NumberFormat from "sap/ui/core/format/NumberFormat";
import type { LoadProgress, Measures, Outcome, FinishReason } from "../backend/studio";
import { LOCALE } from "./locale";
import { text } from "./texts";

type Absent = null | undefined;

/** What stands where there is no value. */
export const NONE = "–";

// Always three digits, so that a live value keeps its width.
const threeDigits = new Intl.NumberFormat(LOCALE, { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const MEGA = 1e6;

/** A number and its unit apart, so that the unit can be set lighter. */
export interface Quantity {
    value: string;
    unit: string;
}

const nothing: Quantity = { value: NONE, unit: "" };

/** A duration in milliseconds, in the unit that keeps it short. */
export function duration(milliseconds: number | Absent): Quantity {
    if (milliseconds == null) {
        return nothing;
    }
    // 999.6 would round to "1,000 ms".
    if (milliseconds < SECOND - 0.5) {
        return { value: threeDigits.format(milliseconds), unit: text("unitMilliseconds") };
    }
    if (milliseconds < 10 * MINUTE) {
        return { value: threeDigits.format(milliseconds / SECOND), unit: text("unitSeconds") };
    }
    return { value: threeDigits.format(milliseconds / MINUTE), unit: text("unitMinutes") };
}

export function rate(tokensPerSecond: number | Absent): Quantity {
    if (tokensPerSecond == null) {
        return nothing;
    }
    return { value: threeDigits.format(tokensPerSecond), unit: text("unitTokensPerSecond") };
}

export function durationText(milliseconds: number | Absent): string {
    return joined(duration(milliseconds));
}

export function rateText(tokensPerSecond: number | Absent): string {
    return tokensPerSecond == null ? NONE : threeDigits.format(tokensPerSecond);
}

/** Tokens in and out, as "42 → 30". */
export function tokens(measures: Measures | Absent): string {
    const tokensIn = count(measures?.tokens_in);
    const tokensOut = count(measures?.tokens_out);
    return tokensIn === NONE && tokensOut === NONE ? NONE : `${tokensIn} → ${tokensOut}`;
}

export function count(value: number | Absent): string {
    return value == null ? NONE : NumberFormat.getIntegerInstance({ groupingEnabled: true }).format(value);
}

/** A count in the field's magnitudes: 135M, 7.24B. */
export function magnitude(value: number | Absent): string {
    return value == null
        ? NONE
        : new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
}

/** Bytes in decimal units, as file managers and disks count them. */
export function bytes(value: number | Absent): string {
    if (value == null) {
        return NONE;
    }
    if (value < 1000) {
        return text("unitBytes", count(value));
    }
    if (value < MEGA) {
        return text("unitKilobytes", threeDigits.format(value / 1000));
    }
    return value < 1000 * MEGA - MEGA / 2
        ? text("unitMegabytes", threeDigits.format(value / MEGA))
        : text("unitGigabytes", threeDigits.format(value / (1000 * MEGA)));
}

/** Percent of a load, or null while nothing is known about it. */
export function percent(progress: LoadProgress | Absent): number | null {
    if (!progress || progress.bytes_total <= 0 || progress.stage === "starting") {
        return null;
    }
    return Math.min(100, Math.floor((progress.bytes_read / progress.bytes_total) * 100));
}

export function loadText(progress: LoadProgress | Absent): string {
    if (!progress) {
        return text("load.starting");
    }
    return text(`load.${progress.stage}`, bytes(progress.bytes_read), bytes(progress.bytes_total));
}

/** A moment in microseconds: the time today, with the date before it otherwise. */
export function moment(microseconds: number | Absent, now = new Date()): string {
    if (microseconds == null) {
        return NONE;
    }
    const date = new Date(microseconds / 1000);
    const sameDay = date.toDateString() === now.toDateString();
    return DateFormat.getDateTimeInstance({ format: sameDay ? "Hms" : "MMMdHm" }).format(date);
}

export function fullMoment(microseconds: number | Absent): string {
    return microseconds == null
        ? NONE
        : DateFormat.getDateTimeInstance({ format: "yMMMdHms" }).format(new Date(microseconds / 1000));
}

export function outcomeText(outcome: Outcome | Absent, reason: FinishReason | Absent): string {
    if (!outcome) {
        return "";
    }
    return outcome === "completed" && reason === "length" ? text("outcome.length") : text(`outcome.${outcome}`);
}

export function outcomeTooltip(outcome: Outcome | Absent): string {
    return outcome ? text(`outcomeTooltip.${outcome}`) : "";
}

export function outcomeState(outcome: Outcome | Absent): "None" | "Success" | "Warning" | "Error" | "Information" {
    switch (outcome) {
        case "completed":
            return "Success";
        case "failed":
            return "Error";
        case "interrupted":
            return "Warning";
        case "running":
            return "Information";
        default:
            return "None";
    }
}

export function outcomeIcon(outcome: Outcome | Absent): string {
    switch (outcome) {
        case "completed":
            return "sap-icon://status-positive";
        case "failed":
            return "sap-icon://status-negative";
        case "interrupted":
            return "sap-icon://status-critical";
        case "running":
            return "sap-icon://in-progress";
        case "stopped":
            return "sap-icon://status-inactive";
        default:
            return "";
    }
}

export function deletedText(deleted: number): string {
    return deleted > 1 ? text("runsDeleted", deleted) : text("runDeleted");
}

function joined(quantity: Quantity): string {
    return quantity.unit ? `${quantity.value} ${quantity.unit}` : quantity.value;
}
