import type { Change, Conflict, ConnectionProfile, Diagnosis, Failure, KeptProfile, SyncProblem, SyncStatus } from "../../backend/studio";

type Operation = (input: never) => unknown;

/** How the team's database of a scenario begins. */
export interface TeamScenario {
    sync?: Partial<SyncStatus>;
    profiles?: KeptProfile[];
    conflicts?: Conflict[];
    syncProblems?: SyncProblem[];
    diagnosis?: Diagnosis;
    /** What saving a profile is answered with. */
    profileProblem?: Failure;
}

export const PROFILE: ConnectionProfile = {
    id: "0190aaaa-0000-7000-8000-000000000001",
    name: "Production",
    kind: "hana",
    host: "hana.example",
    port: 443,
    database: "",
    user: "STUDIO",
    schema: "NOPENAI",
    tls: true,
    validate_certificate: true,
    trust_store: null,
    driver: null,
};

export const CONFLICT: Conflict = {
    key: { table: "mode", row: "fast", clock: 5, workstation: "0190aaaa-0000-7000-8000-00000000000a" },
    own: true,
    winner_at: 7,
    winner_own: false,
    at: 1_700_000_000_000_000,
    row: { id: "fast", name: "Mine" },
    current: { id: "fast", name: "Theirs" },
};

export function syncStatus(change: Partial<SyncStatus> = {}): SyncStatus {
    return {
        phase: "none",
        profile: null,
        server: null,
        pending: 0,
        refused: 0,
        waiting: 0,
        conflicts: 0,
        pushed: 0,
        pulled: 0,
        rows_per_s: null,
        last_success: null,
        problem: null,
        pool: { active: 0, idle: 0, total: 0, waiting: 0, wait_p95_ms: 0 },
        tables: [],
        ...change,
    };
}

/** The team's database of a fake backend. */
export class FakeTeam {
    profiles: KeptProfile[];
    conflicts: Conflict[];

    constructor(
        private readonly scenario: TeamScenario,
        private readonly tell: (change: Change) => void,
    ) {
        this.profiles = [...(scenario.profiles ?? [])];
        this.conflicts = [...(scenario.conflicts ?? [])];
    }

    greet(emit: (event: unknown) => void): void {
        emit({ kind: "sync", sync: syncStatus(this.scenario.sync) } satisfies Change);
    }

    operations(): Record<string, Operation> {
        const drop = ({ conflict }: { conflict: Conflict["key"] }) => {
            this.conflicts = this.conflicts.filter(({ key }) => key.row !== conflict.row);
        };
        return {
            list_profiles: () => this.profiles,
            list_conflicts: () => this.conflicts,
            list_sync_problems: () => this.scenario.syncProblems ?? [],
            save_profile: ({ profile, password }: { profile: ConnectionProfile; password: string | null }) => {
                if (this.scenario.profileProblem) {
                    throw this.scenario.profileProblem;
                }
                const kept: KeptProfile = { profile, active: false, password: password ? { kind: "keyring" } : null };
                this.profiles = [...this.profiles.filter((other) => other.profile.id !== profile.id), kept];
                return kept;
            },
            remove_profile: ({ profile }: { profile: string }) => {
                this.profiles = this.profiles.filter((kept) => kept.profile.id !== profile);
            },
            activate_profile: ({ profile }: { profile: string | null }) => {
                this.profiles = this.profiles.map((kept) => ({ ...kept, active: kept.profile.id === profile }));
                this.tell({ kind: "sync", sync: syncStatus({ phase: profile ? "connecting" : "none" }) });
            },
            test_profile: () => this.scenario.diagnosis ?? { finding: "ready", advice: "", detail: "", server: "SAP HANA 2.00" },
            plan_deployment: () => ({ from: 0, to: 1, statements: ["CREATE SCHEMA \"NOPENAI\""] }),
            deploy_schema: () => ({ from: 0, to: 1, statements: 1 }),
            cancel_deployment: () => undefined,
            read_grants: () => ["GRANT SELECT ON SCHEMA \"NOPENAI\" TO \"STUDIO\""],
            sync_now: () => undefined,
            cancel_sync: () => undefined,
            restore_conflict: drop,
            dismiss_conflict: drop,
        };
    }
}
