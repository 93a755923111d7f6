import MessageToast from "sap/m/MessageToast";
import type { RowActionItem$PressEvent } from "sap/ui/table/RowActionItem";
import type Table from "sap/ui/table/Table";
import type { Table$CellClickEvent, Table$FirstVisibleRowChangedEvent } from "sap/ui/table/Table";
import Element from "sap/ui/core/Element";
import type Row from "sap/ui/table/Row";
import type { RunSummary } from "../backend/studio";
import { text } from "../model/texts";
import BaseController from "./BaseController";

const AHEAD = 20;

/**
 * @namespace nopenai.studio.controller
 */
export default class History extends BaseController {
    onInit(): void {
        this.control<Table>("historyTable").attachBrowserEvent("keydown", (event: unknown) =>
            this.onKey((event as { originalEvent: KeyboardEvent }).originalEvent),
        );
    }

    onOpenRun(event: Table$CellClickEvent): void {
        const row = event.getParameter("rowBindingContext")?.getObject() as RunSummary | undefined;
        if (!row) {
            return;
        }
        const { session } = this.component();
        if (session.active) {
            MessageToast.show(text("runUnderWay"));
        } else if (session.run === row.id) {
            void this.component().openRun(row.id);
        } else {
            this.router().navTo("promptTesting", { run: row.id });
        }
    }

    onScroll(event: Table$FirstVisibleRowChangedEvent): void {
        const { model } = this.component().history;
        const loaded = (model.getProperty("/items") as RunSummary[]).length;
        if ((event.getParameter("firstVisibleRow") ?? 0) + AHEAD >= loaded) {
            void this.component().history.more();
        }
    }

    onDelete(event: RowActionItem$PressEvent): void {
        this.remove(event.getParameter("row"));
    }

    onUndo(): void {
        void this.component().history.undo();
    }

    onDismissUndo(): void {
        this.component().history.dismissUndo();
    }

    private onKey(event: KeyboardEvent): void {
        if (event.key === "Delete") {
            const cell = (event.target as HTMLElement).closest("tr[data-sap-ui-related], tr");
            const id = cell?.getAttribute("data-sap-ui-related") ?? cell?.id ?? "";
            this.remove(Element.getElementById(id) as Row | undefined);
        } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
            this.onUndo();
        }
    }

    private remove(row: Row | undefined): void {
        const summary = row?.getBindingContext("history")?.getObject() as RunSummary | undefined;
        if (summary) {
            void this.component().history.remove(summary);
        }
    }
}
