import JSONModel from "sap/ui/model/json/JSONModel";
import {
    clearRemoteKey,
    listRemoteIdentifiers,
    saveRemoteModel,
    testRemoteModel,
    type Endpoint,
    type Failure,
    type Model,
    type Registration,
    type RemoteDiagnosis,
} from "../backend/studio";
import { text } from "./texts";

export interface RemoteFields {
    name: string;
    baseUrl: string;
    model: string;
    contextLength: string;
    key: string;
}

interface RemoteState {
    fields: RemoteFields;
    isNew: boolean;
    hasKey: boolean;
    busy: "" | "test" | "list" | "save";
    diagnosis: RemoteDiagnosis | null;
    /** What the endpoint calls its models; null until it was asked. */
    identifiers: string[] | null;
    /** Where prompts would go; null while no address is typed. */
    where: Pick<Endpoint, "host" | "place" | "encrypted"> | null;
    problem: Failure | null;
    /** The field that is wrong. */
    invalid: string;
}

/** A model that answers elsewhere while it is typed. */
export default class RemoteModel {
    readonly model = new JSONModel(begin(empty()));
    private id: string | null = null;

    /** Edits a registered model, or a new one. */
    edit(registered: Model | null): void {
        this.id = registered?.id ?? null;
        const remote = registered?.remote ?? null;
        this.model.setData({
            ...begin(remote ? fieldsOf(remote) : empty()),
            isNew: !registered,
            hasKey: remote?.has_key ?? false,
        });
        this.typed();
    }

    /** Something was typed: what was found out before is not about it. */
    typed(): void {
        this.set({ diagnosis: null, problem: null, invalid: "", where: whereTo(this.state.fields.baseUrl) });
    }

    async test(): Promise<void> {
        await this.attempt("test", async () => this.set({ diagnosis: await testRemoteModel(this.registration()) }));
    }

    async list(): Promise<void> {
        await this.attempt("list", async () => {
            const identifiers = await listRemoteIdentifiers(this.registration());
            this.set({ identifiers });
        });
    }

    choose(identifier: string): void {
        this.set({ fields: { ...this.state.fields, model: identifier } });
        this.typed();
    }

    /** The model as it was saved; null when it was not. */
    async save(): Promise<Model | null> {
        let saved: Model | null = null;
        await this.attempt("save", async () => {
            saved = await saveRemoteModel(this.registration());
        });
        return saved;
    }

    async clearKey(): Promise<void> {
        const { id } = this;
        if (id !== null) {
            await this.attempt("save", async () => {
                await clearRemoteKey(id);
                this.set({ hasKey: false });
            });
        }
    }

    private registration(): Registration {
        const { name, baseUrl, model, contextLength, key } = this.state.fields;
        const length = contextLength.replace(/[\s,.]/g, "");
        if (length !== "" && !/^\d{1,8}$/.test(length)) {
            throw { code: "invalid_input", message: text("remoteContextRange"), details: { field: "context_length" } } satisfies Failure;
        }
        return {
            id: this.id,
            name: name.trim(),
            base_url: baseUrl.trim(),
            model: model.trim(),
            context_length: length === "" ? null : Number(length),
            key: key.trim() || null,
        };
    }

    private async attempt(busy: RemoteState["busy"], action: () => Promise<void>): Promise<void> {
        this.set({ busy, diagnosis: null, problem: null, invalid: "" });
        try {
            await action();
        } catch (error) {
            const problem = error as Failure;
            this.set({ problem, invalid: String(problem.details.field ?? "") });
        }
        this.set({ busy: "" });
    }

    private get state(): RemoteState {
        return this.model.getData() as RemoteState;
    }

    private set(change: Partial<RemoteState>): void {
        this.model.setData({ ...this.state, ...change });
    }
}

/** Where an address leads, as far as that can be told before it is saved; the backend has the last word. */
export function whereTo(typed: string): RemoteState["where"] {
    const url = addressOf(typed.trim());
    if (!url?.host) {
        return null;
    }
    return { host: url.host, place: placeOf(url.hostname), encrypted: url.protocol === "https:" };
}

/** Only a literal address tells how far it is; a name could be made to lead anywhere. */
function placeOf(host: string): Endpoint["place"] {
    const isAddress = /^(\d+\.){3}\d+$|^\[/.test(host);
    if (host === "localhost" || (isAddress && /^(127\.|\[::1\])/.test(host))) {
        return "this_computer";
    }
    const isPrivate = /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|\[f[cd]|\[fe80:)/.test(host);
    return isAddress && isPrivate ? "private_network" : "internet";
}

function addressOf(typed: string): URL | null {
    try {
        return /^https?:\/\//i.test(typed) ? new URL(typed) : null;
    } catch {
        return null;
    }
}

function begin(fields: RemoteFields): RemoteState {
    return {
        fields,
        isNew: true,
        hasKey: false,
        busy: "",
        diagnosis: null,
        identifiers: null,
        where: null,
        problem: null,
        invalid: "",
    };
}

function empty(): RemoteFields {
    return { name: "", baseUrl: "", model: "", contextLength: "", key: "" };
}

function fieldsOf({ name, base_url, model, context_length }: Endpoint): RemoteFields {
    return {
        name,
        baseUrl: base_url,
        model,
        contextLength: context_length == null ? "" : String(context_length),
        key: "",
    };
}
