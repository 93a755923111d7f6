import type { CheckBox$SelectEvent } from "sap/m/CheckBox";
import type Dialog from "sap/m/Dialog";
import type List from "sap/m/List";
import type View from "sap/ui/core/mvc/View";
import type VBox from "sap/m/VBox";
import JSONModel from "sap/ui/model/json/JSONModel";
import { beneathNothing } from "../model/beneath";
import ModeEditor from "../model/ModeEditor";
import type { ModelRow } from "../model/models";
import type Modes from "../model/Modes";
import { marked } from "../model/remoteFormat";
import { text } from "../model/texts";
import FragmentDialog from "./FragmentDialog";

/** Lists the modes and edits one at a time. */
export default class ModesDialog extends FragmentDialog {
    private readonly editor: ModeEditor;

    constructor(
        view: View,
        private readonly modes: Modes,
        changed: () => void,
    ) {
        super(view, "Modes");
        this.editor = new ModeEditor(async () => {
            await modes.refresh();
            changed();
        });
    }

    async open(models: ModelRow[]): Promise<void> {
        this.editor.forgetUndo();
        const usable = models.filter(({ state }) => state !== "unsupported");
        this.editor.offer(usable.map(({ id, name }) => ({ id, name: marked(name, id) })));
        this.editor.edit(this.modes.chosen ?? this.modes.items[0]);
        await this.show();
        this.select();
    }

    onSelect(): void {
        const item = this.control<List>("modeList").getSelectedItem();
        this.editor.edit(this.modes.find(item?.getBindingContext("modes")?.getProperty("id") as string | undefined));
    }

    onAdd(): void {
        this.editor.add(text("modeNew"), false);
        this.select();
        this.control("modeName").focus();
    }

    onDuplicate(): void {
        this.editor.add(text("modeCopy", this.editor.state.name), true);
        this.select();
        this.control("modeName").focus();
    }

    onEdit(): void {
        this.editor.edited();
    }

    onNoSystemPrompt(event: CheckBox$SelectEvent): void {
        if (event.getParameter("selected")) {
            this.editor.model.setProperty("/fields/system_prompt", "");
        }
        this.editor.edited();
    }

    onEditStop(): void {
        this.editor.model.setProperty("/fields/no_stop", false);
        this.editor.edited();
    }

    async onSave(): Promise<void> {
        await this.editor.save();
        this.select();
    }

    onDiscard(): void {
        this.editor.discard(this.modes.find(this.editor.state.id) ?? this.modes.chosen ?? undefined);
        this.select();
    }

    async onRemove(): Promise<void> {
        const mode = this.modes.find(this.editor.state.id);
        if (mode) {
            await this.editor.remove(mode);
            this.editor.edit(this.modes.find(mode.id) ?? this.modes.chosen ?? undefined);
            this.select();
        }
    }

    async onUndo(): Promise<void> {
        await this.editor.undo();
        this.select();
    }

    onForgetUndo(): void {
        this.editor.forgetUndo();
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.editor.model, "edit");
        dialog.setModel(this.editor.model, "over");
        dialog.setModel(this.editor.page, "page");
        dialog.setModel(new JSONModel(beneathNothing()), "beneath");
        this.control<VBox>("modeFields").bindElement("over>/fields").bindElement("beneath>/");
    }

    /** Marks in the list what the form shows. */
    private select(): void {
        const list = this.control<List>("modeList");
        const { id } = this.editor.state;
        list.removeSelections(true);
        const item = list.getItems().find((each) => each.getBindingContext("modes")?.getProperty("id") === id);
        if (item) {
            list.setSelectedItem(item);
        }
    }
}
