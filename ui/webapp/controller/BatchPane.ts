import type { RatingIndicator$ChangeEvent } from "sap/m/RatingIndicator";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import Element from "sap/ui/core/Element";
import Fragment from "sap/ui/core/Fragment";
import type View from "sap/ui/core/mvc/View";
import type Splitter from "sap/ui/layout/Splitter";
import type Context from "sap/ui/model/Context";
import type Markdown from "../control/Markdown";
import type Batch from "../model/Batch";
import type { Column } from "../model/Batch";
import { copy } from "../model/clipboard";
import type { Request } from "../model/PromptSession";
import type Preferences from "../model/Preferences";
import BatchDialog from "./BatchDialog";

/** What the batch's pane asks of the page around it. */
export interface BatchPage {
    /** The prompt for each of some modes and models, as far as they can be asked. */
    requests(modes: string[], models: string[]): Request[];
    stop(): void;
    compare(a: string, b: string): void;
}

/** The answers of a batch side by side: shows a column for each and handles what is done there. */
export default class BatchPane {
    private readonly dialog: BatchDialog;
    private template: Control | undefined;

    constructor(
        private readonly view: View,
        private readonly batch: Batch,
        private readonly preferences: Preferences,
        private readonly page: BatchPage,
    ) {
        this.dialog = new BatchDialog(view, (modes, models) => this.ask(modes, models));
    }

    /** Loads the pane into the named container, beside the single answer. */
    async addTo(container: { addItem(item: Control): unknown }): Promise<void> {
        const template = await this.load(this.prefix(), "BatchColumn");
        if (this.view.isDestroyed()) {
            template.destroy();
            return;
        }
        this.template = template;
        const pane = await this.load(this.view.getId(), "Batch");
        if (this.view.isDestroyed()) {
            pane.destroy();
            return;
        }
        container.addItem(pane);
        this.giveWidth();
        (this.view.byId("batchColumns") as Control).bindAggregation("items", {
            path: "batch>/columns",
            key: "key",
            factory: (_id: string, context: Context) => this.createColumn(template, context),
        });
    }

    /** Lets modes and models be chosen, and asks them. */
    async choose(mode: string | undefined, model: string | undefined): Promise<void> {
        await this.dialog.open(mode, model);
    }

    ask(modes: string[], models: string[]): void {
        const requests = this.page.requests(modes, models);
        if (requests.length > 0) {
            void this.batch.run(requests);
        }
    }

    destroy(): void {
        this.template?.destroy();
    }

    onStop(): void {
        this.page.stop();
    }

    onLeaveBatch(): void {
        this.batch.show(false);
    }

    /** The array itself does not change with a tick. */
    onTick(): void {
        this.batch.model.refresh(true);
    }

    onCompareBatch(): void {
        const [a, b] = this.batch.ticked;
        if (a && b) {
            this.page.compare(a, b);
        }
    }

    onRateColumn(event: RatingIndicator$ChangeEvent): void {
        void this.columnOf(event)?.session.rate(event.getParameter("value") ?? 0);
    }

    onCopyColumn(event: Event): void {
        void copy(this.columnOf(event)?.session.answerText ?? "");
    }

    /** The prompt leaves its place while the batch is shown wide; what it is bound to stays. */
    private giveWidth(): void {
        const panes = this.view.byId("panes") as Splitter;
        const prompt = this.view.byId("promptPane") as Control;
        const place = () => {
            const hidden = Boolean(this.batch.model.getProperty("/open") && this.preferences.getProperty("/batchWide"));
            const shown = panes.indexOfContentArea(prompt) >= 0;
            if (hidden && shown) {
                panes.removeContentArea(prompt);
                this.view.addDependent(prompt);
            } else if (!hidden && !shown) {
                panes.insertContentArea(prompt, 0);
            }
        };
        this.batch.model.bindProperty("/open").attachChange(place);
        this.preferences.bindProperty("/batchWide").attachChange(place);
    }

    private createColumn(template: Control, context: Context): Control {
        const key = context.getProperty("key") as string;
        const control = template.clone(key);
        const session = this.batch.column(key)?.session;
        if (session) {
            control.setModel(session.model, "answer");
            session.showTextIn(Element.getElementById(`${this.prefix()}--batchAnswer-${key}`) as Markdown);
        }
        return control;
    }

    private columnOf(event: Event): Column | undefined {
        const context = (event.getSource() as Control).getBindingContext("batch");
        return this.batch.column(context?.getProperty("key") as string);
    }

    private load(id: string, fragment: string): Promise<Control> {
        const name = `nopenai.studio.fragment.${fragment}`;
        return Fragment.load({ id, name, controller: this as never }) as Promise<Control>;
    }

    private prefix(): string {
        return this.view.createId("column");
    }
}
