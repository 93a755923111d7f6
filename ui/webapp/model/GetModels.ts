import JSONModel from "sap/ui/model/json/JSONModel";
import {
    clearHubToken,
    importModel,
    listCatalogue,
    listOtherApplications,
    readHubAccess,
    readHubRepository,
    searchHub,
    setHubToken,
    startDownload,
    type Catalogue,
    type CatalogueEntry,
    type Failure,
    type FoundModel,
    type HubAccess,
    type HubModel,
    type HubRepository,
    type HubSort,
} from "../backend/studio";
import { preferredOffer } from "./offers";

export type Place = "catalogue" | "hub" | "elsewhere";

/** A repository of the hub whose files can be chosen from. */
export interface Chosen {
    repository: string;
    /** What the catalogue says of it. */
    entry: CatalogueEntry | null;
}

interface State {
    place: Place;
    catalogue: Catalogue | null;
    words: string;
    sort: HubSort;
    /** Null before the first search. */
    found: HubModel[] | null;
    elsewhere: FoundModel[] | null;
    chosen: Chosen | null;
    repository: HubRepository | null;
    /** Name of the offer that Download takes. */
    offer: string | null;
    access: HubAccess | null;
    token: string;
    /** What is waited for. */
    busy: "" | "catalogue" | "search" | "repository" | "elsewhere" | "download" | "token" | "link";
    problem: Failure | null;
    tokenProblem: Failure | null;
}

/** Models that can be had: recommended ones, those of the hub, those of other applications. */
export default class GetModels {
    readonly model = new JSONModel({
        place: "catalogue",
        catalogue: null,
        words: "",
        sort: "downloads",
        found: null,
        elsewhere: null,
        chosen: null,
        repository: null,
        offer: null,
        access: null,
        token: "",
        busy: "",
        problem: null,
        tokenProblem: null,
    } satisfies State);
    /** Answers to older questions are not shown. */
    private question = 0;

    async open(): Promise<void> {
        if (!this.state.catalogue) {
            await this.attempt("catalogue", async () => this.set({ catalogue: await listCatalogue() }));
        }
        if (this.state.place === "elsewhere") {
            await this.lookElsewhere();
        }
    }

    async show(place: Place): Promise<void> {
        this.question++;
        this.set({ place, chosen: null, repository: null, offer: null, problem: null, busy: "" });
        if (place === "elsewhere") {
            await this.lookElsewhere();
        }
    }

    /** Asks the hub. */
    async search(): Promise<void> {
        this.set({ chosen: null, repository: null, offer: null });
        const { words, sort } = this.state;
        await this.attempt("search", async (isLast) => {
            const found = await searchHub(words.trim(), sort);
            if (isLast()) {
                this.set({ found });
            }
        });
    }

    /** Asks the hub what a repository has. */
    async choose(repository: string, entry: CatalogueEntry | null): Promise<void> {
        this.set({ chosen: { repository, entry }, repository: null, offer: null });
        await this.ask();
    }

    chooseOffer(offer: string): void {
        this.set({ offer });
    }

    /** Begins to download what is chosen. */
    async download(): Promise<void> {
        const { repository, offer } = this.state;
        const chosen = repository?.offers.find(({ name }) => name === offer);
        if (repository && chosen) {
            await this.attempt("download", async () => {
                await startDownload(repository.repository, repository.revision, chosen.file ?? null);
            });
        }
    }

    /** Links a model of another application; gives its identifier, null when it was refused. */
    async link({ path, name }: FoundModel): Promise<string | null> {
        let linked: string | null = null;
        await this.attempt("link", async () => {
            linked = (await importModel(path, "link", name)).id;
            await this.readElsewhere();
        });
        return linked;
    }

    async readAccess(): Promise<void> {
        this.set({ token: "", tokenProblem: null });
        await this.attemptToken(readHubAccess);
    }

    async saveToken(): Promise<void> {
        const { token } = this.state;
        this.set({ token: "" });
        await this.attemptToken(() => setHubToken(token));
        await this.askAgain();
    }

    async clearToken(): Promise<void> {
        await this.attemptToken(clearHubToken);
    }

    /** The models folder has others than before. */
    async changed(): Promise<void> {
        const { place, repository } = this.state;
        if (place === "elsewhere") {
            await this.readElsewhere().catch(() => undefined);
        } else if (repository) {
            await this.ask();
        }
    }

    private async askAgain(): Promise<void> {
        if (this.state.chosen && this.state.problem?.code === "access_denied") {
            await this.ask();
        }
    }

    private async ask(): Promise<void> {
        const { chosen } = this.state;
        if (!chosen) {
            return;
        }
        await this.attempt("repository", async (isLast) => {
            const repository = await readHubRepository(chosen.repository);
            if (isLast()) {
                const kept = repository.offers.find(({ name }) => name === this.state.offer);
                const offer = kept ?? preferredOffer(repository.offers, chosen.entry?.file ?? null);
                this.set({ repository, offer: offer?.name ?? null });
            }
        });
    }

    private async lookElsewhere(): Promise<void> {
        await this.attempt("elsewhere", () => this.readElsewhere());
    }

    private async readElsewhere(): Promise<void> {
        this.set({ elsewhere: await listOtherApplications() });
    }

    private async attempt(busy: State["busy"], action: (isLast: () => boolean) => Promise<void>): Promise<void> {
        const question = ++this.question;
        const isLast = () => question === this.question;
        this.set({ busy, problem: null });
        try {
            await action(isLast);
        } catch (error) {
            if (isLast()) {
                this.set({ problem: error as Failure });
            }
        }
        if (isLast()) {
            this.set({ busy: "" });
        }
    }

    private async attemptToken(action: () => Promise<HubAccess>): Promise<void> {
        try {
            this.set({ access: await action(), tokenProblem: null });
        } catch (error) {
            this.set({ tokenProblem: error as Failure });
        }
    }

    private get state(): State {
        return this.model.getData() as State;
    }

    private set(change: Partial<State>): void {
        for (const [name, value] of Object.entries(change)) {
            this.model.setProperty(`/${name}`, value);
        }
    }
}
