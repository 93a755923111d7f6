import NumberFormat from "sap/ui/core/format/NumberFormat";
import type { Embedding } from "../backend/studio";
import { count } from "./format";
import { text } from "./texts";

/** Beyond this many lines a table of pairs tells nobody anything. */
const MOST_TEXTS = 20;

const cosine = NumberFormat.getFloatInstance({ minFractionDigits: 3, maxFractionDigits: 3 });

/** Two texts and how near they are. */
export interface Pair {
    a: string;
    b: string;
    cosine: number;
}

/** The texts of a field: a line each. */
export function lines(typed: string): string[] {
    return typed
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "");
}

export function tooMany(typed: string): boolean {
    return lines(typed).length > MOST_TEXTS;
}

export function canCompare(typed: string): boolean {
    return lines(typed).length > 1 && !tooMany(typed);
}

/** All pairs, the nearest first. The points have the length 1, so their product is the cosine. */
export function pairs(texts: string[], points: Embedding[]): Pair[] {
    const found: Pair[] = [];
    points.forEach((point, index) => {
        for (let other = index + 1; other < points.length; other++) {
            const product = point.vector.reduce((sum, value, at) => sum + value * points[other]!.vector[at]!, 0);
            found.push({ a: texts[index]!, b: texts[other]!, cosine: product });
        }
    });
    return found.sort((one, two) => two.cosine - one.cosine);
}

export function cosineText(value: number): string {
    return cosine.format(value);
}

/** How many numbers a point has, and how many tokens the texts had. */
export function figures(points: Embedding[] | null): string {
    if (!points) {
        return "";
    }
    const tokens = points.reduce((sum, point) => sum + point.tokens, 0);
    return text("embeddingFigures", count(points.length), count(points[0]?.vector.length ?? 0), count(tokens));
}
