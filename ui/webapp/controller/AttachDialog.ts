import type Dialog from "sap/m/Dialog";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { readTextFile } from "../backend/chats";
import type { Attachment, Failure } from "../backend/studio";
import { chooseFile } from "../backend/window";
import { text } from "../model/texts";
import FragmentDialog from "./FragmentDialog";

const EXTENSIONS = ["txt", "md", "csv", "json", "xml", "yaml", "log", "html", "rs", "py", "ts", "js", "java", "sql", "abap"];

interface State {
    path: string;
    problem: Failure | null;
}

/** Chooses a text file for a message, by a path or by the system's dialog. */
export default class AttachDialog extends FragmentDialog {
    private readonly state = new JSONModel({ path: "", problem: null } satisfies State);

    constructor(
        view: View,
        private readonly attached: (file: Attachment) => void,
    ) {
        super(view, "Attach");
    }

    async open(): Promise<void> {
        this.state.setData({ path: "", problem: null });
        await this.show();
    }

    onEdit(): void {
        this.state.setProperty("/problem", null);
    }

    async onBrowse(): Promise<void> {
        await this.attempt(async () => {
            const path = await chooseFile(text("chatChooseFile"), { name: text("chatTextFiles"), extensions: EXTENSIONS });
            if (path !== null) {
                this.state.setProperty("/path", path);
                await this.onAttach();
            }
        });
    }

    async onAttach(): Promise<void> {
        const path = (this.state.getProperty("/path") as string).trim();
        if (path !== "") {
            await this.attempt(async () => {
                this.attached(await readTextFile(path));
                await this.onClose();
            });
        }
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.state, "attach");
    }

    private async attempt(action: () => Promise<void>): Promise<void> {
        try {
            await action();
        } catch (error) {
            this.state.setProperty("/problem", error);
        }
    }
}
