import { readFile } from "node:fs/promises";
import path from "node:path";
import { filesBelow } from "./fingerprint.mjs";
import { LANGUAGES } from "./locales.mjs";

const DEFINED = /^([\w.]+)\s*=\s*(.*)$/gm;
const IN_VIEWS = /i18n>([\w.]+)/g;
const IN_CODE = /\btext\(\s*"([\w.]+)"/g;
const CHOSEN_IN_CODE = /\btext\([^;]*?\?\s*"([\w.]+)"\s*:\s*"([\w.]+)"/g;
const FAMILIES_IN_CODE = /\btext\(\s*`([\w]+\.)\$\{/g;
const IN_MANIFEST = /\{\{([\w.]+)\}\}/g;
const PLACEHOLDER = /\{\d+\}/g;
const LETTER = /\p{L}/u;

/** Attributes whose value a person reads or hears. */
const SHOWN_IN_VIEWS =
    /\b(?:text|title|subtitle|label|tooltip|placeholder|description|info|intro|header|headerText|footerText|noDataText|ariaLabel|accDescription|valueStateText|unit|alt)="([^"]*)"/g;
const LITERAL_IN_BINDING = /'([^']*)'/g;

/** What is called the same in every language: names, and terms and units of the field. */
const SAME_EVERYWHERE = new Set([
    "nOpenai Studio", "mistral.rs", "llama.cpp", "SQLite", "SHA-256", "A", "B", "JSON Lines", "GGUF", "Safetensors", "Pickle", "Top p", "Top k", "Min p", "Esc", "Hugging Face", "LM Studio", "Ollama", "Jan", "SAP HANA", "PostgreSQL",
]);
const SAME_IN = {
    de: new Set([
        "ms", "s", "min", "MB", "{0} B", "{0} kB", "{0} MB", "{0} GB", "{0}/s", "TTFT", "Prompt", "Prompts", "Seed", "Engine", "System", "Version",
        "Name", "Format", "Code", "Token", "Tokens", "Tokenizer", "Tags", "Parameter", "Chat", "Chats", "Cache", "CSV", "JSONL", "Text", "Batch", "Downloads", "{0} Likes", "Team", "Offline", "Server", "Host", "Port", "Remote", "Schema", "Alt+N",
    ]),
    // Keyboards sold where Arabic is written bear these names.
    ar: new Set([
        "Enter", "Alt+Enter", "Delete", "Ctrl+,", "Ctrl+B", "Ctrl+I", "Ctrl+L", "Ctrl+Z", "Ctrl+Enter", "Ctrl+Shift+L", "Ctrl+Shift+Enter", "Shift+Enter", "Alt+N",
    ]),
};

/** Texts that are used but not defined, defined but not used or defined twice; and where a language lacks some. */
export async function checkTexts(root) {
    const english = await readTexts(root, "");
    const defined = english.map(([key]) => key);
    const { used, families, literals } = await readUses(root);
    const belongs = (key) => [...families].some((family) => key.startsWith(family));
    const checks = [
        ["every text in use is defined", [...used].filter((key) => !defined.includes(key))],
        ["every text is in use", defined.filter((key) => !used.has(key) && !belongs(key))],
        ["every family of texts has members", [...families].filter((each) => !defined.some((key) => key.startsWith(each)))],
        ["no text is defined twice", repeated(defined)],
        ["no text stands in a view itself", literals],
    ];
    for (const language of LANGUAGES) {
        checks.push(...checkLanguage(language, english, await readTexts(root, `_${language}`)));
    }
    return checks;
}

function checkLanguage(language, english, translated) {
    const source = new Map(english);
    const target = new Map(translated);
    const both = [...source].filter(([key]) => target.has(key)).map(([key, text]) => [key, text, target.get(key)]);
    const mayBeSame = (text) => SAME_EVERYWHERE.has(text) || SAME_IN[language].has(text) || !hasWords(text);
    return [
        [`${language} has every text`, [...source.keys()].filter((key) => !target.has(key))],
        [`${language} has no text beyond`, [...target.keys()].filter((key) => !source.has(key))],
        [`${language} defines no text twice`, repeated(translated.map(([key]) => key))],
        [
            `${language} is translated`,
            both.filter(([, text, other]) => text === other && !mayBeSame(text)).map(([key, text]) => `${key}=${text}`),
        ],
        [
            `${language} has the placeholders of each text`,
            both.filter(([, text, other]) => placeholders(text) !== placeholders(other)).map(([key]) => key),
        ],
    ];
}

async function readTexts(root, suffix) {
    const source = await readFile(path.join(root, `webapp/i18n/i18n${suffix}.properties`), "utf8");
    return [...source.matchAll(DEFINED)].map(([, key, text]) => [key, text.trim()]);
}

async function readUses(root) {
    const used = new Set();
    const families = new Set();
    const literals = [];
    for (const file of await filesBelow(root, "webapp")) {
        if (file.startsWith("webapp/test/") || !/\.(ts|xml|json)$/.test(file)) {
            continue;
        }
        const source = await readFile(path.join(root, file), "utf8");
        for (const pattern of file.endsWith(".ts") ? [IN_CODE, CHOSEN_IN_CODE] : [IN_VIEWS, IN_MANIFEST]) {
            matches(source, pattern).forEach((key) => used.add(key));
        }
        matches(source, FAMILIES_IN_CODE).forEach((family) => families.add(family));
        if (file.endsWith(".xml")) {
            literals.push(...literalTexts(source).map((literal) => `${file}: ${literal}`));
        }
    }
    return { used, families, literals };
}

/** Words in a view that no language could replace. */
function literalTexts(source) {
    return matches(source, SHOWN_IN_VIEWS).flatMap((value) =>
        value.startsWith("{")
            ? matches(value, LITERAL_IN_BINDING).filter((literal) => /^\p{Lu}\p{Ll}|\p{L} \p{L}/u.test(literal))
            : [value].filter((literal) => LETTER.test(literal)),
    );
}

/** Whether there is something to translate, beside placeholders and signs. */
function hasWords(text) {
    return LETTER.test(text.replace(PLACEHOLDER, ""));
}

function placeholders(text) {
    return [...new Set(text.match(PLACEHOLDER) ?? [])].sort().join();
}

function repeated(keys) {
    return keys.filter((key, index) => keys.indexOf(key) !== index);
}

function matches(source, pattern) {
    return [...source.matchAll(pattern)].flatMap(([, ...groups]) => groups.filter(Boolean));
}
