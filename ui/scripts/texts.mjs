import { readFile } from "node:fs/promises";
import path from "node:path";
import { filesBelow } from "./fingerprint.mjs";

const DEFINED = /^([\w.]+)\s*=/gm;
const IN_VIEWS = /i18n>([\w.]+)/g;
const IN_CODE = /\btext\(\s*"([\w.]+)"/g;
const CHOSEN_IN_CODE = /\btext\([^;]*?\?\s*"([\w.]+)"\s*:\s*"([\w.]+)"/g;
const FAMILIES_IN_CODE = /\btext\(\s*`([\w]+\.)\$\{/g;
const IN_MANIFEST = /\{\{([\w.]+)\}\}/g;

/** Texts that are used but not defined, defined but not used, or defined twice. */
export async function checkTexts(root) {
    const defined = matches(await readFile(path.join(root, "webapp/i18n/i18n.properties"), "utf8"), DEFINED);
    const used = new Set();
    const families = new Set();
    for (const file of await filesBelow(root, "webapp")) {
        if (file.startsWith("webapp/test/") || !/\.(ts|xml|json)$/.test(file)) {
            continue;
        }
        const source = await readFile(path.join(root, file), "utf8");
        for (const pattern of file.endsWith(".ts") ? [IN_CODE, CHOSEN_IN_CODE] : [IN_VIEWS, IN_MANIFEST]) {
            matches(source, pattern).forEach((key) => used.add(key));
        }
        matches(source, FAMILIES_IN_CODE).forEach((family) => families.add(family));
    }
    const belongs = (key) => [...families].some((family) => key.startsWith(family));
    return [
        ["every text in use is defined", [...used].filter((key) => !defined.includes(key))],
        ["every text is in use", defined.filter((key) => !used.has(key) && !belongs(key))],
        ["every family of texts has members", [...families].filter((each) => !defined.some((key) => key.startsWith(each)))],
        ["no text is defined twice", defined.filter((key, index) => defined.indexOf(key) !== index)],
    ];
}

function matches(source, pattern) {
    return [...source.matchAll(pattern)].flatMap(([, ...keys]) => keys.filter(Boolean));
}
