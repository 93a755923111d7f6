import type { EvaluationFigures, PromptSet } from "../backend/studio";
import { marked } from "./remoteFormat";

/** One model's quality with each set, in the order of the sets; null where it has none. */
export interface MatrixRow {
    model: string;
    name: string;
    cells: (EvaluationFigures | null)[];
}

export function matrixOf(sets: PromptSet[], qualities: EvaluationFigures[]): MatrixRow[] {
    const rows = new Map<string, MatrixRow>();
    for (const figures of qualities) {
        const { model, model_name, set } = figures.evaluation;
        const row = rows.get(model) ?? { model, name: marked(model_name, model), cells: sets.map(() => null) };
        const column = sets.findIndex(({ id }) => id === set);
        if (column >= 0) {
            row.cells[column] = figures;
            rows.set(model, row);
        }
    }
    return [...rows.values()];
}
