import JSONModel from "sap/ui/model/json/JSONModel";
import { listPrices, removePrice, setPrice, type Failure, type Price } from "../backend/studio";
import { text } from "./texts";

const CURRENCY = /^[A-Z]{3}$/;
const DECIMAL = /^\d+([.,]\d+)?$/;
const MOST = 1_000_000;

export interface PriceFields {
    currency: string;
    input: string;
    output: string;
}

interface PriceRow {
    id: string;
    name: string;
    price: Price | null;
}

interface PricesState {
    rows: PriceRow[];
    chosen: string;
    fields: PriceFields;
    /** All prices of the chosen model, the one in force first. */
    history: Price[];
    invalid: keyof PriceFields | "";
    invalidText: string;
    /** The price that was removed last; setting it again brings it back. */
    removed: Price | null;
    problem: Failure | null;
}

/** What tokens of each model cost, with their dates. */
export default class Prices {
    readonly model = new JSONModel({
        rows: [],
        chosen: "",
        fields: empty(),
        history: [],
        invalid: "",
        invalidText: "",
        removed: null,
        problem: null,
    } satisfies PricesState);
    private prices: Price[] = [];
    private models: { id: string; name: string }[] = [];

    async open(models: { id: string; name: string }[], chosen: string | null): Promise<void> {
        this.models = models;
        await this.attempt(async () => {
            this.prices = await listPrices();
            const known = new Set(models.map(({ id }) => id));
            const others = [...new Set(this.prices.map(({ model }) => model))].filter((id) => !known.has(id));
            this.models = [...models, ...others.map((id) => ({ id, name: id }))];
        });
        this.set({ removed: null });
        this.choose(chosen ?? this.models[0]?.id ?? "");
    }

    choose(id: string): void {
        const history = this.prices.filter(({ model }) => model === id);
        this.set({ chosen: id, history, fields: fieldsOf(history[0]), rows: this.rows(), invalid: "", invalidText: "" });
    }

    async save(): Promise<void> {
        const { chosen, fields } = this.state;
        const invalid = invalidPrice(fields);
        if (invalid) {
            this.set({ invalid, invalidText: text(`priceInvalid.${invalid}`) });
            return;
        }
        await this.put({
            model: chosen,
            currency: fields.currency.trim(),
            input_per_1k: decimal(fields.input),
            output_per_1k: decimal(fields.output),
        });
        this.set({ removed: null });
    }

    /** From now on the model has no price; its runs keep what they cost. */
    async remove(): Promise<void> {
        const { chosen, history } = this.state;
        await this.attempt(async () => {
            await removePrice(chosen);
            await this.read(chosen);
            this.set({ removed: history[0] ?? null });
        });
    }

    async undo(): Promise<void> {
        const { removed } = this.state;
        if (removed) {
            const { model, currency, input_per_1k, output_per_1k } = removed;
            await this.put({ model, currency, input_per_1k, output_per_1k });
            this.set({ removed: null });
        }
    }

    edited(): void {
        this.set({ invalid: "", invalidText: "" });
    }

    private async put(price: Omit<Price, "from">): Promise<void> {
        await this.attempt(async () => {
            await setPrice(price);
            await this.read(price.model);
        });
    }

    private async read(chosen: string): Promise<void> {
        this.prices = await listPrices();
        this.choose(chosen);
    }

    private rows(): PriceRow[] {
        return this.models.map(({ id, name }) => ({ id, name, price: this.prices.find(({ model }) => model === id) ?? null }));
    }

    private get state(): PricesState {
        return this.model.getData() as PricesState;
    }

    private async attempt(action: () => Promise<void>): Promise<void> {
        try {
            await action();
            this.set({ problem: null });
        } catch (error) {
            this.set({ problem: error as Failure });
        }
    }

    private set(change: Partial<PricesState>): void {
        this.model.setData({ ...this.state, ...change });
    }
}

export function invalidPrice(fields: PriceFields): keyof PriceFields | undefined {
    if (!CURRENCY.test(fields.currency.trim())) {
        return "currency";
    }
    return (["input", "output"] as const).find((name) => !DECIMAL.test(fields[name].trim()) || decimal(fields[name]) > MOST);
}

function decimal(typed: string): number {
    return Number(typed.trim().replace(",", "."));
}

function empty(): PriceFields {
    return { currency: "EUR", input: "", output: "" };
}

function fieldsOf(price: Price | undefined): PriceFields {
    return price
        ? { currency: price.currency, input: String(price.input_per_1k), output: String(price.output_per_1k) }
        : empty();
}
