import { existsSync, statSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import lessOpenUI5 from "less-openui5";

export const THEMES = ["sap_horizon", "sap_horizon_dark", "sap_horizon_hcb", "sap_horizon_hcw"];
/** What each theme has of each library: left to right, and right to left. */
export const SHEETS = ["library.css", "library-RTL.css"];
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
            for (const [index, source] of [result.css, result.cssRtl].entries()) {
                const css = withSharedFonts(withoutOldFonts(source));
                await writeFile(path.join(destination, folder, SHEETS[index]), css);
                await copyReferences(css, folder, sources, destination);
            }
        }
    }
}

/** Every engine this runs in reads WOFF2; the other formats would only be dead weight. */
function withoutOldFonts(css) {
    return css.replace(/,\s*(?:url\([^)]*\.(?:ttf|woff|eot)[^)]*\)|local\([^)]*\))\s*(?:format\([^)]*\))?/g, "");
}

/** Every theme brings the same fonts; one copy is enough. */
function withSharedFonts(css) {
    return css.replace(/url\((["']?)(?:\.\.\/sap_horizon\w*\/)?fonts\//g, `url($1../${THEMES[0]}/fonts/`);
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
