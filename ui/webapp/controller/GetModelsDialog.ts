import type Dialog from "sap/m/Dialog";
import type { ListBase$SelectionChangeEvent } from "sap/m/ListBase";
import type { SegmentedButton$SelectionChangeEvent } from "sap/m/SegmentedButton";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import type { CatalogueEntry, FoundModel, HubModel, Offer } from "../backend/studio";
import { cancellation, isUnderWay } from "../model/downloadFormat";
import type Downloads from "../model/Downloads";
import type { DownloadRow } from "../model/Downloads";
import GetModels, { type Place } from "../model/GetModels";
import type Live from "../model/Live";
import FragmentDialog from "./FragmentDialog";

/** Brings models here: recommended ones, those of the hub, those of other applications. */
export default class GetModelsDialog extends FragmentDialog {
    private readonly get = new GetModels();
    private readonly asked = new JSONModel({ name: "", text: "" });

    constructor(
        view: View,
        live: Live,
        private readonly downloads: Downloads,
        private readonly openModel: (model: string) => void,
    ) {
        super(view, "GetModels");
        live.model.bindProperty("/models").attachChange(() => void this.get.changed());
    }

    async open(): Promise<void> {
        await this.show();
        await this.get.open();
    }

    onPlace(event: SegmentedButton$SelectionChangeEvent): void {
        void this.get.show(event.getParameter("item")?.getKey() as Place);
    }

    onSearch(): void {
        void this.get.search();
    }

    onChooseEntry(event: ListBase$SelectionChangeEvent): void {
        const entry = this.selected<CatalogueEntry>(event);
        void this.get.choose(entry.repository, entry);
    }

    onChooseFound(event: ListBase$SelectionChangeEvent): void {
        void this.get.choose(this.selected<HubModel>(event).repository, null);
    }

    onChooseOffer(event: ListBase$SelectionChangeEvent): void {
        this.get.chooseOffer(this.selected<Offer>(event).name);
    }

    onDownload(): void {
        void this.get.download();
    }

    async onLink(event: Event): Promise<void> {
        const id = await this.get.link(this.bound<FoundModel>(event, "get"));
        if (id !== null) {
            await this.onClose();
            this.openModel(id);
        }
    }

    onToggleDownload(event: Event): void {
        const row = this.bound<DownloadRow>(event, "downloads");
        void (isUnderWay(row) ? this.downloads.pause(row.name) : this.downloads.resume(row.name));
    }

    /** What has arrived would be lost, which can't be undone. */
    onCancelDownload(event: Event): void {
        const row = this.bound<DownloadRow>(event, "downloads");
        this.asked.setData({ name: row.name, text: cancellation(row) });
        this.control<Dialog>("cancelDownloadDialog").open();
    }

    onCancelConfirmed(): void {
        this.onCancelDismissed();
        void this.downloads.cancel(this.asked.getProperty("/name") as string);
    }

    onCancelDismissed(): void {
        this.control<Dialog>("cancelDownloadDialog").close();
    }

    onAccess(): void {
        void this.get.readAccess();
        this.control<Dialog>("accessDialog").open();
    }

    onSaveToken(): void {
        void this.get.saveToken();
    }

    onClearToken(): void {
        void this.get.clearToken();
    }

    onAccessClose(): void {
        this.control<Dialog>("accessDialog").close();
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.get.model, "get");
        dialog.setModel(this.asked, "asked");
    }

    private selected<Type>(event: ListBase$SelectionChangeEvent): Type {
        return event.getParameter("listItem")?.getBindingContext("get")?.getObject() as Type;
    }

    private bound<Type>(event: Event, model: string): Type {
        return (event.getSource() as Control).getBindingContext(model)?.getObject() as Type;
    }
}
