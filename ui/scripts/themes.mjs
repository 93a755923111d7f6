import { existsSync, statSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import lessOpenUI5 from "less-openui5";

const THEMES = ["sap_horizon", "sap_horizon_dark"];
const REFERENCE = /url\(["']?(?!data:)([^"')]+)["']?\)/g;

/**
 * Compiles the shipped themes of every library into `destination`, with the files they refer to.
 * The UI5 CLI would compile all themes of all libraries, which takes minutes.
 */
export async function buildThemes(libraries, destination) {
    const sources = [...libraries.values()].map(({ source }) => source);
    const builder = new lessOpenUI5.Builder();
    for (const name of libraries.keys()) {
        for (const theme of THEMES) {
            const folder = path.posix.join(name.replaceAll(".", "/"), "themes", theme);
            const input = path.posix.join(folder, "library.source.less");
            if (!sources.some((source) => existsSync(path.join(source, input)))) {
                continue;
            }
            const result = await builder.build({
                lessInputPath: input,
                rootPaths: sources,
                library: { name },
                compiler: { compress: true },
            });
            await mkdir(path.join(destination, folder), { recursive: true });
            const css = withoutOldFonts(result.css);
            await writeFile(path.join(destination, folder, "library.css"), css);
            await copyReferences(css, folder, sources, destination);
        }
    }
}

/** Every engine this runs in reads WOFF2; the other formats would only be dead weight. */
function withoutOldFonts(css) {
    return css.replace(/,\s*(?:url\([^)]*\.(?:ttf|woff|eot)[^)]*\)|local\([^)]*\))\s*(?:format\([^)]*\))?/g, "");
}

async function copyReferences(css, folder, sources, destination) {
    for (const [, reference] of css.matchAll(REFERENCE)) {
        const file = path.posix.join(folder, reference.replace(/[?#].*$/, ""));
        if (file.endsWith(".ttf")) {
            continue;
        }
        const source = sources.find((each) => statSync(path.join(each, file), { throwIfNoEntry: false })?.isFile());
        if (source) {
            await cp(path.join(source, file), path.join(destination, file));
        }
    }
}
