import MessageToast from "sap/m/MessageToast";
import type { DateRangeSelection$ChangeEvent } from "sap/m/DateRangeSelection";
import type DateRangeSelection from "sap/m/DateRangeSelection";
import type MultiComboBox from "sap/m/MultiComboBox";
import type ResponsivePopover from "sap/m/ResponsivePopover";
import type { SearchField$LiveChangeEvent, SearchField$SearchEvent } from "sap/m/SearchField";
import type { Select$ChangeEvent } from "sap/m/Select";
import type { QuickSort$ChangeEvent } from "sap/m/table/columnmenu/QuickSort";
import type { ToggleButton$PressEvent } from "sap/m/ToggleButton";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import Element from "sap/ui/core/Element";
import type { RowActionItem$PressEvent } from "sap/ui/table/RowActionItem";
import type Row from "sap/ui/table/Row";
import type Table from "sap/ui/table/Table";
import type {
    Table$CellClickEvent,
    Table$FirstVisibleRowChangedEvent,
    Table$RowSelectionChangeEvent,
} from "sap/ui/table/Table";
import type { Outcome, RunSummary } from "../backend/studio";
import type HistoryModel from "../model/History";
import type { Sort } from "../model/History";
import { initialColumns } from "../model/historyFormat";
import { text } from "../model/texts";
import BaseController from "./BaseController";
import ExportDialog from "./ExportDialog";
import HistoryDetail from "./HistoryDetail";
import { selectRows } from "./rowSelection";

const AHEAD = 20;

/**
 * @namespace nopenai.studio.controller
 */
export default class History extends BaseController {
    private detail: HistoryDetail;
    private exportDialog: ExportDialog;
    private columns: Promise<ResponsivePopover> | undefined;

    onInit(): void {
        const view = this.getView()!;
        const component = this.component();
        this.detail = new HistoryDetail(view, {
            open: (run) => this.open(run),
            rerun: (run) => this.rerun(run),
            compare: (run) => void component.compare(run),
            chat: (id) => this.router().navTo("chat", { id }),
            remove: (run) => void this.history().remove({ kind: "runs", runs: [run] }),
        });
        this.exportDialog = new ExportDialog(view, this.history(), component.tasks, component.preferences);
        const table = this.control<Table>("historyTable");
        table.attachBrowserEvent("keydown", (event: unknown) =>
            this.onKey((event as { originalEvent: KeyboardEvent }).originalEvent),
        );
        for (const path of ["/items", "/selected"]) {
            this.history().model.bindProperty(path).attachChange(() => this.showSelection(table));
        }
        if (component.preferences.getProperty("/historyFilters")) {
            void this.history().readFacets();
        }
    }

    onOpenRun(event: Table$CellClickEvent): void {
        const row = event.getParameter("rowBindingContext")?.getObject() as RunSummary | undefined;
        if (row) {
            this.open(row.id);
        }
    }

    onScroll(event: Table$FirstVisibleRowChangedEvent): void {
        const loaded = (this.history().model.getProperty("/items") as RunSummary[]).length;
        if ((event.getParameter("firstVisibleRow") ?? 0) + AHEAD >= loaded) {
            void this.history().more();
        }
    }

    onSearch(event: SearchField$LiveChangeEvent): void {
        this.history().search(event.getParameter("newValue") ?? "");
    }

    onSearchNow(event: SearchField$SearchEvent): void {
        this.history().search(event.getParameter("query") ?? "", true);
    }

    onToggleFilters(event: ToggleButton$PressEvent): void {
        if (event.getParameter("pressed")) {
            void this.history().readFacets();
        }
    }

    onFilterModels(event: Event): void {
        void this.history().filter({ models: keys(event) });
    }

    onFilterModes(event: Event): void {
        void this.history().filter({ modes: keys(event) });
    }

    onFilterTags(event: Event): void {
        void this.history().filter({ tags: keys(event) });
    }

    onFilterOutcomes(event: Event): void {
        void this.history().filter({ outcomes: keys(event) as Outcome[] });
    }

    onFilterRating(event: Select$ChangeEvent): void {
        void this.history().filter({ minRating: event.getParameter("selectedItem")?.getKey() ?? "0" });
    }

    onFilterDate(event: DateRangeSelection$ChangeEvent): void {
        const field = event.getSource() as DateRangeSelection;
        const valid = event.getParameter("valid") === true;
        field.setValueState(valid ? "None" : "Error").setValueStateText(valid ? "" : text("filterDateInvalid"));
        if (valid) {
            void this.history().filter({ from: field.getDateValue() ?? null, until: field.getSecondDateValue() ?? null });
        }
    }

    onClearFilters(): void {
        this.control<DateRangeSelection>("filterDate").setValueState("None");
        void this.history().clearFilter();
    }

    onSort(event: QuickSort$ChangeEvent): void {
        const order = event.getParameter("sortOrder");
        const sort = event.getParameter("key") as Sort;
        void (order === "None" ? this.history().sortBy("time", false) : this.history().sortBy(sort, order === "Ascending"));
    }

    async onColumns(event: Event): Promise<void> {
        const button = event.getSource() as Control;
        this.columns ??= this.loadFragment({ name: "nopenai.studio.fragment.HistoryColumns" }) as Promise<ResponsivePopover>;
        (await this.columns).openBy(button);
    }

    onResetColumns(): void {
        this.component().preferences.setProperty("/historyColumns", initialColumns());
    }

    onSelect(event: Table$RowSelectionChangeEvent): void {
        if (event.getParameter("userInteraction")) {
            const table = event.getSource() as Table;
            this.history().select(
                table.getSelectedIndices().map((index) => table.getContextByIndex(index)?.getProperty("id") as string),
            );
        }
    }

    onSelectAll(): void {
        this.history().selectAll();
    }

    onDeleteSelected(): void {
        void this.history().remove();
    }

    onCompare(): void {
        const [a, b] = this.history().model.getProperty("/selected") as string[];
        void this.component().compare(a, b);
    }

    onExport(): void {
        void this.exportDialog.open();
    }

    onDelete(event: RowActionItem$PressEvent): void {
        this.remove(event.getParameter("row"));
    }

    onDetails(event: RowActionItem$PressEvent): void {
        this.showDetails(event.getParameter("row"));
    }

    onUndo(): void {
        void this.history().undo();
    }

    onDismissUndo(): void {
        this.history().dismissUndo();
    }

    private onKey(event: KeyboardEvent): void {
        if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
            this.onUndo();
        } else if (event.key === "Delete") {
            this.remove(rowOf(event));
        } else if (event.key === "Enter" && event.altKey) {
            event.preventDefault();
            this.showDetails(rowOf(event));
        }
    }

    private open(run: string): void {
        const { session } = this.component();
        if (session.active) {
            MessageToast.show(text("runUnderWay"));
        } else if (session.run === run) {
            void this.component().openRun(run);
        } else {
            this.router().navTo("promptTesting", { run });
        }
    }

    private rerun(run: string): void {
        const { session, batch } = this.component();
        if (session.active || batch.running) {
            MessageToast.show(text("runUnderWay"));
        } else {
            void this.component().rerun(run);
        }
    }

    private showDetails(row: Row | undefined): void {
        const run = idOf(row);
        if (run) {
            void this.detail.open(run);
        }
    }

    private remove(row: Row | undefined): void {
        const run = idOf(row);
        if (run) {
            void this.history().remove({ kind: "runs", runs: [run] });
        }
    }

    private showSelection(table: Table): void {
        const { model } = this.history();
        const items = model.getProperty("/items") as RunSummary[];
        selectRows(table, items, model.getProperty("/selected") as string[]);
    }

    private history(): HistoryModel {
        return this.component().history;
    }
}

function keys(event: Event): string[] {
    return (event.getSource() as MultiComboBox).getSelectedKeys();
}

function idOf(row: Row | undefined): string | undefined {
    return row?.getBindingContext("history")?.getProperty("id") as string | undefined;
}

/** The row that a key was pressed in. */
function rowOf(event: KeyboardEvent): Row | undefined {
    const cell = (event.target as HTMLElement).closest("tr[data-sap-ui-related], tr");
    const id = cell?.getAttribute("data-sap-ui-related") ?? cell?.id ?? "";
    return Element.getElementById(id) as Row | undefined;
}
