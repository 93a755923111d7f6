// Bundles the npm packages the application uses into modules of OpenUI5, below webapp/thirdparty.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as esbuild from "esbuild";

const PACKAGES = ["markdown-it"];

/** Writes what is missing or of another version; whoever serves or builds the sources calls this first. */
export async function vendor(root) {
    for (const name of PACKAGES) {
        const { version, license } = JSON.parse(
            await readFile(path.join(root, "node_modules", name, "package.json"), "utf8"),
        );
        const file = path.join(root, "webapp/thirdparty", `${name}.js`);
        const head = `// ${name} ${version}, ${license}\n`;
        if (!existsSync(file) || !(await readFile(file, "utf8")).startsWith(head)) {
            await writeFile(file, head + (await bundled(root, name)));
        }
    }
}

async function bundled(root, name) {
    const result = await esbuild.build({
        stdin: { contents: `export { default } from "${name}";`, resolveDir: root },
        bundle: true,
        minify: true,
        format: "iife",
        globalName: "bundled",
        target: "es2022",
        legalComments: "none",
        write: false,
    });
    const [{ text }] = result.outputFiles;
    return `sap.ui.define([], function () {\n${text}return bundled.default;\n});\n`;
}
