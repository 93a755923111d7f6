import JSONModel from "sap/ui/model/json/JSONModel";
import { saveProfile, testProfile, type ConnectionProfile, type Diagnosis, type Failure, type KeptProfile } from "../backend/studio";
import { text } from "./texts";

export interface ProfileFields {
    name: string;
    kind: ConnectionProfile["kind"];
    host: string;
    port: string;
    database: string;
    user: string;
    password: string;
    schema: string;
    tls: boolean;
    validate: boolean;
    trust: string;
    driver: string;
}

interface ProfileState {
    fields: ProfileFields;
    hasPassword: boolean;
    testing: boolean;
    diagnosis: Diagnosis | null;
    problem: Failure | null;
    /** The field that is wrong. */
    invalid: string;
}

/** The port each kind of server usually has. */
const PORTS = { hana: "443", postgre_sql: "5432" } satisfies Record<ConnectionProfile["kind"], string>;

/** A connection profile while it is typed. */
export default class Profile {
    readonly model = new JSONModel(begin(empty()));
    private id = "";

    /** Edits a profile, or a copy of it, or a new one. */
    edit(kept: KeptProfile | null, copy = false): void {
        this.id = kept && !copy ? kept.profile.id : crypto.randomUUID();
        const fields = kept ? fieldsOf(kept.profile) : empty();
        if (copy) {
            fields.name = text("profileCopyName", fields.name).slice(0, 60);
        }
        this.model.setData({ ...begin(fields), hasPassword: !copy && !!kept?.password });
    }

    /** Another kind has another usual port. */
    kindChanged(): void {
        const { kind, port } = this.fields;
        if (Object.values(PORTS).includes(port)) {
            this.model.setProperty("/fields/port", PORTS[kind]);
        }
    }

    async test(): Promise<void> {
        this.set({ testing: true, diagnosis: null, problem: null, invalid: "" });
        await this.attempt(async () => {
            this.set({ diagnosis: await testProfile(this.profile(), this.password()) });
        });
        this.set({ testing: false });
    }

    /** Whether it was saved. */
    async save(): Promise<boolean> {
        this.set({ problem: null, invalid: "" });
        return this.attempt(async () => {
            await saveProfile(this.profile(), this.password());
        });
    }

    private get fields(): ProfileFields {
        return this.model.getProperty("/fields") as ProfileFields;
    }

    private password(): string | null {
        return this.fields.password || null;
    }

    private profile(): ConnectionProfile {
        const { name, kind, host, port, database, user, schema, tls, validate, trust, driver } = this.fields;
        return {
            id: this.id,
            name: name.trim(),
            kind,
            host: host.trim(),
            port: portOf(port),
            database,
            user,
            schema,
            tls,
            validate_certificate: validate,
            trust_store: trust.trim() || null,
            driver: driver.trim() || null,
        };
    }

    private async attempt(action: () => Promise<void>): Promise<boolean> {
        try {
            await action();
            return true;
        } catch (error) {
            const problem = error as Failure;
            this.set({ problem, invalid: String(problem.details.field ?? "") });
            return false;
        }
    }

    private set(change: Partial<ProfileState>): void {
        for (const [name, value] of Object.entries(change)) {
            this.model.setProperty(`/${name}`, value);
        }
    }
}

/** 0, which no server has, for what is no port. */
export function portOf(typed: string): number {
    const port = /^\d{1,5}$/.test(typed.trim()) ? Number(typed.trim()) : 0;
    return port <= 65_535 ? port : 0;
}

function begin(fields: ProfileFields): ProfileState {
    return { fields, hasPassword: false, testing: false, diagnosis: null, problem: null, invalid: "" };
}

function empty(): ProfileFields {
    return {
        name: "",
        kind: "hana",
        host: "",
        port: PORTS.hana,
        database: "",
        user: "",
        password: "",
        schema: "NOPENAI",
        tls: true,
        validate: true,
        trust: "",
        driver: "",
    };
}

function fieldsOf(profile: ConnectionProfile): ProfileFields {
    const { name, kind, host, port, database, user, schema, tls, validate_certificate, trust_store, driver } = profile;
    return {
        name,
        kind,
        host,
        port: String(port),
        database,
        user,
        password: "",
        schema,
        tls,
        validate: validate_certificate,
        trust: trust_store ?? "",
        driver: driver ?? "",
    };
}
