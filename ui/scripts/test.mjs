// Checks the texts, then runs the unit tests in a headless Chromium over the sources as the UI5 CLI serves them.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./chromium.mjs";
import { checkTexts } from "./texts.mjs";
import { vendor } from "./vendor.mjs";

const START_TIMEOUT_MS = 120_000;
const TEST_TIMEOUT_MS = 180_000;
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
let passed = 0;
let failed = 0;

function record(name, problems) {
    if (problems.length === 0) {
        passed += 1;
    } else {
        failed += 1;
        console.error(`failed: ${name}\n  ${problems.join("\n  ")}`);
    }
}

for (const [name, problems] of await checkTexts(root)) {
    record(`texts: ${name}`, problems);
}
await vendor(root);
const { server, url } = await serveSources();
try {
    await runInBrowser(`${url}test/unit.html`);
} finally {
    server.kill();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function runInBrowser(address) {
    const browser = await launch();
    try {
        const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
        const errors = [];
        page.on("pageerror", (error) => errors.push(String(error)));
        await page.exposeFunction("reportTest", (name, problems) => record(name, problems));
        const ended = new Promise((resolve) => void page.exposeFunction("reportEnd", resolve));
        await page.goto(address);
        const timeout = new Promise((resolve) => setTimeout(resolve, TEST_TIMEOUT_MS, "timeout"));
        if ((await Promise.race([ended, timeout])) === "timeout") {
            errors.push("the tests did not end in time");
        }
        record("the page of the unit tests", errors);
    } finally {
        await browser.close();
    }
}

async function serveSources() {
    const port = await freePort();
    const cli = path.join(root, "node_modules/@ui5/cli/bin/ui5.cjs");
    const child = spawn(process.execPath, [cli, "serve", "--port", String(port)], { cwd: root });
    await new Promise((resolve, reject) => {
        let output = "";
        const heard = (data) => {
            output += data;
            if (output.includes("Server started")) {
                resolve();
            }
        };
        child.stdout.on("data", heard);
        child.stderr.on("data", heard);
        child.on("close", () => reject(new Error(`ui5 serve ended:\n${output}`)));
        setTimeout(() => reject(new Error(`ui5 serve did not start:\n${output}`)), START_TIMEOUT_MS).unref();
    });
    return { server: child, url: `http://localhost:${port}/` };
}

function freePort() {
    return new Promise((resolve) => {
        const probe = createServer().listen(0, "127.0.0.1", () => {
            const { port } = probe.address();
            probe.close(() => resolve(port));
        });
    });
}
