// Builds dist/: the application and the parts of OpenUI5 it uses in one script, with the shipped themes.
// Nothing is done when no input has changed since the last build; `--force` builds anyway.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { frameworkLibraries, versionInfo } from "./framework.mjs";
import { filesBelow, fingerprint } from "./fingerprint.mjs";
import { copyLocales } from "./locales.mjs";
import { pruning } from "./prune.mjs";
import { buildThemes } from "./themes.mjs";
import { vendor } from "./vendor.mjs";
import { verify } from "./verify.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const work = path.join(root, ".build");
const raw = path.join(work, "raw");
const themes = path.join(work, "themes");
const staged = path.join(work, "dist");
const dist = path.join(root, "dist");
const stamp = path.join(work, "stamp");

const SHIPPED = ["index.html", "boot.js", "css/style.css"];
const BUNDLE = "resources/sap-ui-core.js";
// The bundle is minified whole at the end, and only four themes are compiled, so these tasks would be wasted time.
const SKIPPED_TASKS = [
    "minify",
    "buildThemes",
    "escapeNonAsciiCharacters",
    "replaceCopyright",
    "replaceBuildtime",
    "enhanceManifest",
    "generateFlexChangesBundle",
    "generateComponentPreload",
];

await vendor(root);
const inputs = await fingerprint(root, ["webapp", "scripts", "ui5.yaml", "package-lock.json"], ["webapp/test"]);
if (!process.argv.includes("--force") && existsSync(dist) && (await stored(stamp)) === inputs) {
    console.log("ui/dist is up to date.");
} else {
    const started = performance.now();
    await mkdir(work, { recursive: true });
    await rm(stamp, { force: true });
    const libraries = await frameworkLibraries(root);
    await Promise.all([bundle(), compileThemes(libraries)]);
    await assemble(libraries);
    const { files, bytes } = await verify(staged);
    await rm(dist, { recursive: true, force: true });
    await rename(staged, dist);
    await rm(raw, { recursive: true, force: true });
    await writeFile(stamp, inputs);
    const seconds = (performance.now() - started) / 1000;
    console.log(`ui/dist: ${files} files, ${(bytes / 1e6).toFixed(1)} MB, built in ${seconds.toFixed(0)} s.`);
}

async function bundle() {
    const cli = path.join(root, "node_modules/@ui5/cli/bin/ui5.cjs");
    const options = ["build", "--dest", raw, "--clean-dest", "--exclude-task", ...SKIPPED_TASKS];
    await run(process.execPath, [cli, ...options]);
}

/** The themes depend on the framework's version only, not on the application. */
async function compileThemes(libraries) {
    const key = path.join(themes, ".stamp");
    const version = await fingerprint(root, ["ui5.yaml", "package-lock.json", "scripts/themes.mjs"], []);
    if ((await stored(key)) !== version) {
        await rm(themes, { recursive: true, force: true });
        await buildThemes(libraries, themes);
        await writeFile(key, version);
    }
}

async function assemble(libraries) {
    await rm(staged, { recursive: true, force: true });
    await cp(themes, path.join(staged, "resources"), {
        recursive: true,
        filter: (file) => !file.endsWith(".stamp"),
    });
    await pruneThemes(path.join(staged, "resources"));
    await copyLocales(libraries, path.join(staged, "resources"));
    await write("resources/sap-ui-version.json", JSON.stringify(versionInfo(libraries)));
    for (const file of SHIPPED) {
        await cp(path.join(raw, file), path.join(staged, file));
    }
    for (const file of [BUNDLE, ...SHIPPED].filter((name) => /\.(js|css)$/.test(name))) {
        await write(file, await minified(await readFile(path.join(raw, file), "utf8"), path.extname(file).slice(1)));
    }
}

async function pruneThemes(folder) {
    const users = await Promise.all([BUNDLE, ...SHIPPED].map((file) => readFile(path.join(raw, file), "utf8")));
    const prune = pruning(users.join("\n"));
    for (const file of await filesBelow(folder, ".")) {
        if (file.endsWith(".css")) {
            const sheet = path.join(folder, file);
            await writeFile(sheet, await prune(await readFile(sheet, "utf8")));
        }
    }
}

async function minified(source, loader) {
    const result = await esbuild.transform(source, { loader, minify: true, target: ["es2022", "safari16"], legalComments: "none" });
    return result.code;
}

async function write(file, content) {
    await mkdir(path.dirname(path.join(staged, file)), { recursive: true });
    await writeFile(path.join(staged, file), content);
}

async function stored(file) {
    return existsSync(file) ? readFile(file, "utf8") : undefined;
}

/** Runs a command quietly; its output is shown when it fails. */
function run(command, options) {
    return new Promise((resolve, reject) => {
        const child = spawn(command, options, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
        let output = "";
        child.stdout.on("data", (data) => (output += data));
        child.stderr.on("data", (data) => (output += data));
        child.on("error", reject);
        child.on("close", (code) => {
            if (code === 0) {
                resolve();
            } else {
                reject(new Error(`${options.slice(0, 3).join(" ")} failed:\n${output}`));
            }
        });
    });
}
