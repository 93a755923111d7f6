import type { ExportFormat } from "../backend/studio";

/** In the order in which they are offered. */
export const FORMATS: ExportFormat[] = ["csv", "jsonl_chat"];

export const EXTENSIONS: Record<ExportFormat, string> = { csv: "csv", jsonl_chat: "jsonl" };

const KNOWN = new RegExp(`\\.(${Object.values(EXTENSIONS).join("|")})$`, "i");

/** The path with the extension of a format where it has that of another; a name of a person's own stays. */
export function withExtension(path: string, format: ExportFormat): string {
    return path.replace(KNOWN, `.${EXTENSIONS[format]}`);
}

export function suggestedName(format: ExportFormat): string {
    return `history.${EXTENSIONS[format]}`;
}

/** The key of what a format is called. */
export function exportKind(format: ExportFormat): "exportFormat.csv" | "exportFormat.jsonl" {
    return format === "csv" ? "exportFormat.csv" : "exportFormat.jsonl";
}
