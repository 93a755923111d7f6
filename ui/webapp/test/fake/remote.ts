import type { Failure, Model, Registration, RemoteDiagnosis } from "../../backend/studio";

/** A model that answers elsewhere. */
export const ELSEWHERE: Model = {
    id: "remote:0199d1a0-0000-7000-8000-000000000001",
    name: "Big one",
    file: "big-chat",
    files: [],
    format: null,
    size_bytes: 0,
    modified_at: 1_760_000_000_000_000,
    remote: {
        id: "remote:0199d1a0-0000-7000-8000-000000000001",
        name: "Big one",
        base_url: "https://api.example.com/v1",
        model: "big-chat",
        context_length: 8192,
        has_key: true,
        changed_at: 1_760_000_000_000_000,
        host: "api.example.com",
        place: "internet",
        encrypted: true,
    },
};

export interface RemoteScenario {
    remoteDiagnosis?: RemoteDiagnosis;
    identifiers?: string[];
    refuseRemote?: Failure;
}

/** The endpoints' part of the fake backend. */
export class FakeRemote {
    constructor(
        private readonly scenario: RemoteScenario,
        private readonly keep: (model: Model) => Model,
    ) {}

    operations(): Record<string, (input: never) => unknown> {
        return {
            save_remote_model: (typed: Registration) => this.refused() ?? this.keep(registered(typed)),
            test_remote_model: () =>
                this.refused() ?? this.scenario.remoteDiagnosis ?? { finding: "works", detail: "", answered_ms: 412 },
            list_remote_identifiers: () => this.refused() ?? this.scenario.identifiers ?? ["big-chat", "small-chat"],
            clear_remote_key: () => this.keep({ ...ELSEWHERE, remote: { ...ELSEWHERE.remote!, has_key: false } }),
        };
    }

    private refused(): undefined {
        if (this.scenario.refuseRemote) {
            throw this.scenario.refuseRemote;
        }
        return undefined;
    }
}

function registered({ id, name, base_url, model, context_length, key }: Registration): Model {
    const remote = { ...ELSEWHERE.remote!, name, base_url, model, context_length, has_key: key != null };
    return { ...ELSEWHERE, id: id ?? ELSEWHERE.id, name, file: model, remote };
}
