import type Dialog from "sap/m/Dialog";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import type { Chat } from "../backend/studio";
import FragmentDialog from "./FragmentDialog";

/** Gives a chat another title. */
export default class ChatNameDialog extends FragmentDialog {
    private readonly state = new JSONModel({ title: "" });
    private chat: Chat | null = null;

    constructor(
        view: View,
        private readonly rename: (chat: Chat, title: string) => void,
    ) {
        super(view, "ChatName");
    }

    async open(chat: Chat): Promise<void> {
        this.chat = chat;
        this.state.setData({ title: chat.settings.title });
        await this.show();
    }

    async onRename(): Promise<void> {
        const title = (this.state.getProperty("/title") as string).trim();
        if (this.chat && title !== "") {
            this.rename(this.chat, title);
            await this.onClose();
        }
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.state, "name");
    }
}
