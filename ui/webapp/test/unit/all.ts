import ResourceBundle from "sap/base/i18n/ResourceBundle";
import "sap/ui/thirdparty/qunit-2";
import { useTexts } from "../../model/texts";

QUnit.config.autostart = false;

void (async () => {
    useTexts(
        await ResourceBundle.create({
            bundleName: "nopenai.studio.i18n.i18n",
            supportedLocales: [""],
            fallbackLocale: "",
            async: true,
        }),
    );
    await Promise.all([
        import("./format.qunit"),
        import("./parameters.qunit"),
        import("./preferences.qunit"),
        import("./pace.qunit"),
        import("./models.qunit"),
        import("./runs.qunit"),
        import("./answer.qunit"),
        import("./PromptSession.qunit"),
        import("./History.qunit"),
        import("./Live.qunit"),
        import("./StreamedText.qunit"),
        import("./Measure.qunit"),
        import("./Problem.qunit"),
    ]);
    QUnit.start();
})();
