import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";

/** One hash over the named files and folders below `root`, without those in `except`. */
export async function fingerprint(root, names, except) {
    const hash = createHash("sha256");
    for (const name of names) {
        for (const file of await filesBelow(root, name)) {
            if (!except.some((folder) => file.startsWith(`${folder}/`))) {
                hash.update(file).update("\0").update(await readFile(path.join(root, file))).update("\0");
            }
        }
    }
    return hash.digest("hex");
}

/** The files of a folder, or the file itself, as sorted paths relative to `root`. */
export async function filesBelow(root, name) {
    const full = path.join(root, name);
    if (!(await stat(full)).isDirectory()) {
        return [name];
    }
    const entries = await readdir(full, { recursive: true, withFileTypes: true });
    return entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)))
        .map((file) => file.split(path.sep).join("/"))
        .sort();
}
