import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { graphFromPackageDependencies } from "@ui5/project/graph";

/** Where the UI5 CLI keeps the sources of the framework libraries this application uses, by library. */
export async function frameworkLibraries(root) {
    const graph = await graphFromPackageDependencies({ cwd: root });
    const found = new Map();
    await graph.traverseBreadthFirst(async ({ project }) => {
        if (project.isFrameworkProject()) {
            found.set(project.getName(), path.join(project.getRootPath(), "src"));
        }
    });
    return found;
}

/** The libraries' English texts and formats, by module name: embedded, so that the start needs no requests for them. */
export async function embeddedTexts(libraries) {
    const texts = {};
    for (const [name, source] of libraries) {
        const module = `${name.replaceAll(".", "/")}/messagebundle_en.properties`;
        if (existsSync(path.join(source, module))) {
            texts[module] = await readFile(path.join(source, module), "utf8");
        }
    }
    const formats = "sap/ui/core/cldr/en.json";
    texts[formats] = await readFile(path.join(libraries.get("sap.ui.core"), formats), "utf8");
    return texts;
}
