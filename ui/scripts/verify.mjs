import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { filesBelow } from "./fingerprint.mjs";
import { localeFiles } from "./locales.mjs";
import { SHEETS, THEMES } from "./themes.mjs";

const LIMIT_BYTES = 15e6;
const LIBRARIES = ["sap/ui/core", "sap/m", "sap/tnt", "sap/ui/layout", "sap/ui/table", "sap/ui/unified"];
const REQUIRED = [
    "index.html",
    "boot.js",
    "css/style.css",
    "resources/sap-ui-core.js",
    ...localeFiles(LIBRARIES).map((file) => `resources/${file}`),
    ...THEMES.flatMap((theme) =>
        LIBRARIES.flatMap((library) => SHEETS.map((sheet) => `resources/${library}/themes/${theme}/${sheet}`)),
    ),
];
const UNWANTED = /\.(map|ts|less|ttf)$|-dbg\.|test-resources|\/test\//;

/** Checks that a build holds what it needs, nothing it must not ship, and stays below its size limit. */
export async function verify(folder) {
    const files = await filesBelow(folder, ".");
    const problems = [
        ...REQUIRED.filter((file) => !files.includes(file)).map((file) => `missing: ${file}`),
        ...files.filter((file) => UNWANTED.test(file)).map((file) => `must not ship: ${file}`),
    ];
    let bytes = 0;
    for (const file of files) {
        bytes += (await stat(path.join(folder, file))).size;
        if (file.endsWith(".css")) {
            problems.push(...(await missingFonts(folder, file)));
        }
    }
    if (bytes > LIMIT_BYTES) {
        problems.push(`${(bytes / 1e6).toFixed(1)} MB is above the limit of ${LIMIT_BYTES / 1e6} MB`);
    }
    const index = await readFile(path.join(folder, "index.html"), "utf8");
    if (/<style|<script(?![^>]*\bsrc=)|https?:/.test(index)) {
        problems.push("index.html has an inline script, an inline style or a remote address");
    }
    if (problems.length > 0) {
        throw new Error(`The build is not fit to ship:\n${problems.join("\n")}`);
    }
    return { files: files.length, bytes };
}

async function missingFonts(folder, file) {
    const css = await readFile(path.join(folder, file), "utf8");
    return [...css.matchAll(/@font-face\s*\{[^}]*url\(["']?([^"')]+)/g)]
        .map(([, reference]) => path.posix.join(path.posix.dirname(file), reference))
        .filter((font) => !existsSync(path.join(folder, font)))
        .map((font) => `missing: ${font}, used by ${file}`);
}
