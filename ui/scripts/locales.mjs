import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import path from "node:path";

/** The languages beside English, whose texts and formats are in the script already. */
export const LANGUAGES = ["de", "ar"];

const FORMATS = "sap/ui/core";

/** OpenUI5's own texts of these libraries, and its formats; the web view reads those of one language only. */
export function localeFiles(folders) {
    return LANGUAGES.flatMap((language) => [
        `${FORMATS}/cldr/${language}.json`,
        ...folders.map((folder) => `${folder}/messagebundle_${language}.properties`),
    ]);
}

export async function copyLocales(libraries, destination) {
    const folders = [...libraries.keys()].map((name) => name.replaceAll(".", "/"));
    const sources = [...libraries.values()].map(({ source }) => source);
    for (const file of localeFiles(folders)) {
        const source = sources.find((each) => existsSync(path.join(each, file)));
        if (source) {
            await cp(path.join(source, file), path.join(destination, file));
        }
    }
}
