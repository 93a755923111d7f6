import type List from "sap/m/List";
import type { ListBase$SelectionChangeEvent } from "sap/m/ListBase";
import type ResponsivePopover from "sap/m/ResponsivePopover";
import type { SearchField$LiveChangeEvent } from "sap/m/SearchField";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import type ListBinding from "sap/ui/model/ListBinding";
import JSONModel from "sap/ui/model/json/JSONModel";
import { loadModel, unloadModel, type Failure } from "../backend/studio";
import { copy } from "../model/clipboard";
import type Live from "../model/Live";
import { modelFilter } from "../model/modelFilter";
import type { ModelRow } from "../model/models";
import FragmentPopover from "./FragmentPopover";

/** What the popover leads to. */
export interface Leads {
    choose(model: string): void;
    manage(): void;
}

/** The models to choose from, loaded and unloaded at their rows. */
export default class ModelsPopover extends FragmentPopover {
    private readonly models = new JSONModel({ search: "", problem: null });

    constructor(
        view: View,
        private readonly live: Live,
        private readonly leads: Leads,
    ) {
        super(view, "Models");
    }

    async openBy(control: Control): Promise<void> {
        this.models.setProperty("/problem", null);
        await this.showBy(control);
    }

    onSearchModels(event: SearchField$LiveChangeEvent): void {
        const search = event.getParameter("newValue") ?? "";
        this.models.setProperty("/search", search);
        (this.control<List>("modelList").getBinding("items") as ListBinding).filter(modelFilter(search));
    }

    async onChooseModel(event: ListBase$SelectionChangeEvent): Promise<void> {
        const row = event.getParameter("listItem")?.getBindingContext("live")?.getObject() as ModelRow;
        this.leads.choose(row.id);
        await this.onClose();
    }

    async onModelAction(event: Event): Promise<void> {
        const row = (event.getSource() as Control).getBindingContext("live")?.getObject() as ModelRow;
        const loaded = row.state === "ready" || row.state === "busy" || row.state === "loading";
        if (!loaded) {
            this.leads.choose(row.id);
        }
        this.models.setProperty("/problem", null);
        try {
            await (loaded ? unloadModel(row.id) : loadModel(row.id));
        } catch (error) {
            // A load that was cancelled here is no problem to tell.
            this.models.setProperty("/problem", (error as Failure).code === "cancelled" ? null : error);
        }
    }

    onCopyFolder(): void {
        void copy(this.live.model.getProperty("/folder") as string);
    }

    async onManageModels(): Promise<void> {
        await this.onClose();
        this.leads.manage();
    }

    protected prepare(popover: ResponsivePopover): void {
        popover.setModel(this.models, "models");
    }
}
