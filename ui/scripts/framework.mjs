import path from "node:path";
import { graphFromPackageDependencies } from "@ui5/project/graph";

/** The framework libraries this application uses: their versions, and where the UI5 CLI keeps their sources. */
export async function frameworkLibraries(root) {
    const graph = await graphFromPackageDependencies({ cwd: root });
    const found = new Map();
    await graph.traverseBreadthFirst(async ({ project }) => {
        if (project.isFrameworkProject()) {
            found.set(project.getName(), {
                version: project.getVersion(),
                source: path.join(project.getRootPath(), "src"),
            });
        }
    });
    return found;
}

/** What OpenUI5 asks for, to know which libraries belong to it. */
export function versionInfo(libraries) {
    const { version } = libraries.get("sap.ui.core");
    return { name: "OpenUI5", version, libraries: [...libraries.keys()].map((name) => ({ name, version })) };
}
