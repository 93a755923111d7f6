import type Button from "sap/m/Button";
import type Dialog from "sap/m/Dialog";
import type List from "sap/m/List";
import type { ListBase$SelectionChangeEvent } from "sap/m/ListBase";
import type ResponsivePopover from "sap/m/ResponsivePopover";
import type { SearchField$LiveChangeEvent } from "sap/m/SearchField";
import type Event from "sap/ui/base/Event";
import type ListBinding from "sap/ui/model/ListBinding";
import Filter from "sap/ui/model/Filter";
import FilterOperator from "sap/ui/model/FilterOperator";
import JSONModel from "sap/ui/model/json/JSONModel";
import { applicationInfo, loadModel, unloadModel, type Failure } from "../backend/studio";
import { copy } from "../model/clipboard";
import type { ModelRow } from "../model/models";
import { text } from "../model/texts";
import { applyTheme, type ThemeChoice } from "../model/theme";
import BaseController from "./BaseController";

interface Fact {
    label: string;
    value: string;
}

/**
 * @namespace nopenai.studio.controller
 */
export default class App extends BaseController {
    private readonly models = new JSONModel({ search: "", problem: null });
    private readonly about = new JSONModel({ facts: [], problem: null, busy: false });
    private popover: Promise<ResponsivePopover> | undefined;
    private dialog: Promise<Dialog> | undefined;

    onInit(): void {
        this.getView()?.setModel(this.models, "models").setModel(this.about, "about");
    }

    onToggleNavigation(): void {
        const preferences = this.component().preferences;
        preferences.setProperty("/navigationExpanded", !preferences.getProperty("/navigationExpanded"));
    }

    onNavigate(): void {
        this.router().navTo("promptTesting", {});
    }

    onChooseTheme(choice: ThemeChoice): void {
        this.component().preferences.setProperty("/theme", choice);
        applyTheme(choice);
    }

    async onOpenModels(event: Event): Promise<void> {
        const button = event.getSource() as Button;
        this.popover ??= this.loadFragment({ name: "nopenai.studio.fragment.Models" }) as Promise<ResponsivePopover>;
        (await this.popover).openBy(button);
    }

    onSearchModels(event: SearchField$LiveChangeEvent): void {
        const search = event.getParameter("newValue") ?? "";
        this.models.setProperty("/search", search);
        const fields = ["name", "file", "architecture", "quantization"];
        const filters = fields.map((path) => new Filter(path, FilterOperator.Contains, search));
        (this.control<List>("modelList").getBinding("items") as ListBinding).filter(
            search ? new Filter({ filters, and: false }) : [],
        );
    }

    async onChooseModel(event: ListBase$SelectionChangeEvent): Promise<void> {
        const row = event.getParameter("listItem")?.getBindingContext("live")?.getObject() as ModelRow;
        this.choose(row);
        (await this.popover)?.close();
    }

    async onModelAction(event: Event): Promise<void> {
        const row = this.bound<ModelRow>(event, "live");
        const loaded = row.state === "ready" || row.state === "busy" || row.state === "loading";
        if (!loaded) {
            this.choose(row);
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
        void copy(this.component().live.model.getProperty("/folder") as string);
    }

    async onOpenAbout(): Promise<void> {
        this.dialog ??= this.loadFragment({ name: "nopenai.studio.fragment.About" }) as Promise<Dialog>;
        (await this.dialog).open();
        this.about.setProperty("/busy", true);
        try {
            const info = await applicationInfo();
            const facts = Object.entries(info).map(
                ([key, value]): Fact => ({ label: text(`about.${key}`), value: String(value) }),
            );
            this.about.setData({ facts, problem: null, busy: false });
        } catch (error) {
            this.about.setData({ facts: [], problem: error, busy: false });
        }
    }

    onCopyAbout(): void {
        const facts = this.about.getProperty("/facts") as Fact[];
        void copy(facts.map(({ label, value }) => `${label}: ${value}`).join("\n"));
    }

    async onCloseAbout(): Promise<void> {
        (await this.dialog)?.close();
    }

    private choose(row: ModelRow): void {
        this.component().preferences.setProperty("/model", row.id);
        this.component().live.choose(row.id);
    }
}
