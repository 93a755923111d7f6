import ResourceBundle from "sap/base/i18n/ResourceBundle";
import "sap/ui/thirdparty/qunit-2";
import { useTexts } from "../../model/texts";

declare global {
    interface Window {
        /** Set by the test runner. */
        reportTest?: (name: string, problems: string[]) => void;
        reportEnd?: () => void;
    }
}

interface Harness {
    on(event: string, callback: (result: TestEnd) => void): void;
}

interface TestEnd {
    fullName: string[];
    status: string;
    errors: { message: string; expected: unknown; actual: unknown }[];
}

void (async () => {
    QUnit.config.autostart = false;
    report(QUnit as unknown as Harness);
    useTexts(
        await ResourceBundle.create({
            bundleName: "nopenai.studio.i18n.i18n",
            supportedLocales: [""],
            fallbackLocale: "",
            async: true,
        }),
    );
    await Promise.all([
        import("nopenai/studio/test/unit/format.qunit"),
        import("nopenai/studio/test/unit/parameters.qunit"),
        import("nopenai/studio/test/unit/preferences.qunit"),
        import("nopenai/studio/test/unit/pace.qunit"),
        import("nopenai/studio/test/unit/models.qunit"),
        import("nopenai/studio/test/unit/runs.qunit"),
        import("nopenai/studio/test/unit/answer.qunit"),
        import("nopenai/studio/test/unit/PromptSession.qunit"),
        import("nopenai/studio/test/unit/History.qunit"),
        import("nopenai/studio/test/unit/historyFilter.qunit"),
        import("nopenai/studio/test/unit/Compare.qunit"),
        import("nopenai/studio/test/unit/Live.qunit"),
        import("nopenai/studio/test/unit/StreamedText.qunit"),
        import("nopenai/studio/test/unit/Markdown.qunit"),
        import("nopenai/studio/test/unit/hostile.qunit"),
        import("nopenai/studio/test/unit/assessment.qunit"),
        import("nopenai/studio/test/unit/Draft.qunit"),
        import("nopenai/studio/test/unit/Modes.qunit"),
        import("nopenai/studio/test/unit/Prices.qunit"),
        import("nopenai/studio/test/unit/Batch.qunit"),
        import("nopenai/studio/test/unit/Tokens.qunit"),
        import("nopenai/studio/test/unit/Notifications.qunit"),
        import("nopenai/studio/test/unit/Tasks.qunit"),
        import("nopenai/studio/test/unit/Team.qunit"),
        import("nopenai/studio/test/unit/remote.qunit"),
        import("nopenai/studio/test/unit/Evaluations.qunit"),
        import("nopenai/studio/test/unit/likelihoodFormat.qunit"),
        import("nopenai/studio/test/unit/embeddingFormat.qunit"),
        import("nopenai/studio/test/unit/ThoughtSplit.qunit"),
        import("nopenai/studio/test/unit/Downloads.qunit"),
        import("nopenai/studio/test/unit/GetModels.qunit"),
        import("nopenai/studio/test/unit/chatTree.qunit"),
        import("nopenai/studio/test/unit/ChatSession.qunit"),
        import("nopenai/studio/test/unit/chatPage.qunit"),
        import("nopenai/studio/test/unit/Settings.qunit"),
        import("nopenai/studio/test/unit/Configurator.qunit"),
        import("nopenai/studio/test/unit/Runtimes.qunit"),
        import("nopenai/studio/test/unit/shellFormat.qunit"),
        import("nopenai/studio/test/unit/Measure.qunit"),
        import("nopenai/studio/test/unit/Problem.qunit"),
        import("nopenai/studio/test/unit/shell.qunit"),
        import("nopenai/studio/test/unit/window.qunit"),
    ]);
    QUnit.start();
})();

function report(harness: Harness): void {
    harness.on("testEnd", ({ fullName, status, errors }) => {
        const problems = errors.map((e) => `${e.message} (expected ${String(e.expected)}, was ${String(e.actual)})`);
        window.reportTest?.(fullName.join(": "), status === "failed" ? problems : []);
    });
    harness.on("runEnd", () => window.reportEnd?.());
}
