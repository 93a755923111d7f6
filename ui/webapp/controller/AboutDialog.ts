import type Dialog from "sap/m/Dialog";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { applicationInfo, diagnostics } from "../backend/studio";
import { copy } from "../model/clipboard";
import { text } from "../model/texts";
import FragmentDialog from "./FragmentDialog";

interface Fact {
    label: string;
    value: string;
}

/** What the application is, and a report for whoever helps. */
export default class AboutDialog extends FragmentDialog {
    private readonly about = new JSONModel({ facts: [], problem: null, busy: false, copying: false });

    constructor(view: View) {
        super(view, "About");
    }

    async open(): Promise<void> {
        await this.show();
        this.about.setProperty("/busy", true);
        try {
            const info = await applicationInfo();
            const facts = Object.entries(info).map(
                ([key, value]): Fact => ({ label: text(`about.${key}`), value: String(value) }),
            );
            this.about.setData({ facts, problem: null, busy: false, copying: false });
        } catch (error) {
            this.about.setData({ facts: [], problem: error, busy: false, copying: false });
        }
    }

    onCopy(): void {
        const facts = this.about.getProperty("/facts") as Fact[];
        void copy(facts.map(({ label, value }) => `${label}: ${value}`).join("\n"));
    }

    async onCopyDiagnostics(): Promise<void> {
        this.about.setProperty("/copying", true);
        try {
            const report = await diagnostics();
            this.about.setProperty("/problem", null);
            await copy(report.text);
        } catch (error) {
            this.about.setProperty("/problem", error);
        } finally {
            this.about.setProperty("/copying", false);
        }
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.about, "about");
    }
}
