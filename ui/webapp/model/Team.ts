import JSONModel from "sap/ui/model/json/JSONModel";
import {
    activateProfile,
    cancelSync,
    dismissConflict,
    listConflicts,
    listProfiles,
    listSyncProblems,
    removeProfile,
    restoreConflict,
    syncNow,
    type Conflict,
    type Failure,
    type KeptProfile,
    type SyncProblem,
    type SyncStatus,
} from "../backend/studio";
import { paced } from "./pace";

export type TeamTab = "sync" | "profiles" | "conflicts";

interface TeamState {
    status: SyncStatus | null;
    tab: TeamTab;
    profiles: KeptProfile[];
    conflicts: Conflict[];
    problems: SyncProblem[];
    problem: Failure | null;
}

/** The team's database: how the exchange with it goes, its profiles, and what two have edited. */
export default class Team {
    readonly model = new JSONModel({
        status: null,
        tab: "sync",
        profiles: [],
        conflicts: [],
        problems: [],
        problem: null,
    } satisfies TeamState);
    private open = false;
    private readonly show = paced<SyncStatus>(
        (status) => {
            this.model.setProperty("/status", status);
            if (this.open) {
                void this.refresh();
            }
        },
        (shown, next) => shown.phase !== next.phase,
    );

    onStatus(status: SyncStatus): void {
        this.show(status);
    }

    /** The lists are read while somebody looks. */
    async look(open: boolean): Promise<void> {
        this.open = open;
        if (open) {
            const { status, profiles } = this.state;
            await this.refresh();
            if ((!status || status.phase === "none") && profiles.length === 0) {
                this.set({ tab: "profiles" });
            }
        }
    }

    async refresh(): Promise<void> {
        await this.attempt(async () => {
            const [profiles, conflicts, problems] = await Promise.all([listProfiles(), listConflicts(), listSyncProblems()]);
            this.set({ profiles, conflicts, problems });
        });
    }

    async syncNow(): Promise<void> {
        await this.attempt(syncNow);
    }

    async cancel(): Promise<void> {
        await this.attempt(cancelSync);
    }

    async activate(profile: string | null): Promise<void> {
        await this.attempt(() => activateProfile(profile));
        await this.reread();
    }

    async remove(profile: string): Promise<void> {
        await this.attempt(() => removeProfile(profile));
        await this.reread();
    }

    async restore({ key }: Conflict): Promise<void> {
        await this.attempt(() => restoreConflict(key));
        await this.reread();
    }

    async keep({ key }: Conflict): Promise<void> {
        await this.attempt(() => dismissConflict(key));
        await this.reread();
    }

    private get state(): TeamState {
        return this.model.getData() as TeamState;
    }

    /** Reads the lists, and leaves the problem that is shown. */
    private async reread(): Promise<void> {
        const { problem } = this.state;
        await this.refresh();
        if (problem) {
            this.set({ problem });
        }
    }

    private async attempt(action: () => Promise<void>): Promise<void> {
        try {
            await action();
            this.set({ problem: null });
        } catch (error) {
            this.set({ problem: error as Failure });
        }
    }

    private set(change: Partial<TeamState>): void {
        for (const [name, value] of Object.entries(change)) {
            this.model.setProperty(`/${name}`, value);
        }
    }
}
