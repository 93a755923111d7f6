import type { CatalogueEntry, Change, Download, Failure, FoundModel, HubAccess, HubModel, HubRepository, Offer } from "../../backend/studio";

type Operation = (input: never) => unknown;

/** How the hub of a scenario begins. */
export interface HubScenario {
    /** What every question to the hub is answered with. */
    hubProblem?: Failure;
    downloads?: Download[];
    elsewhere?: FoundModel[];
    access?: HubAccess;
    memoryBytes?: number;
}

export const ENTRY: CatalogueEntry = {
    name: "Qwen2.5 0.5B Instruct",
    repository: "Qwen/Qwen2.5-0.5B-Instruct-GGUF",
    file: "*q4_k_m.gguf",
    licence: "apache-2.0",
    billion_parameters: 0.5,
    size: "small",
    context_length: 32_768,
    capabilities: ["general", "arabic"],
    modes: ["fast", "normal"],
};

export const FOUND: HubModel = {
    repository: "bartowski/SmolLM2-135M-Instruct-GGUF",
    licence: "apache-2.0",
    gated: false,
    downloads: 12_345,
    likes: 17,
    changed_on: "2026-03-04",
    architecture: "llama",
    parameters: 134_515_008,
    context_length: 8192,
};

export const ELSEWHERE: FoundModel = {
    application: "ollama",
    name: "tiny-1b.gguf",
    path: "/home/ada/.ollama/models/blobs/sha256-5891b5b5",
    format: "gguf",
    size_bytes: 98_400_000,
    architecture: "llama",
    quantization: "Q4_0",
    problem: null,
    is_here: false,
};

export const REVISION = "0123456789abcdef0123456789abcdef01234567";

export function offer(name: string, sizeBytes: number): Offer {
    return { file: name, name, format: "gguf", size_bytes: sizeBytes, files: 1, sha256: null, is_here: false };
}

export function download(change: Partial<Download> = {}): Download {
    return {
        name: "model-q4_k_m.gguf",
        repository: ENTRY.repository,
        revision: REVISION,
        format: "gguf",
        files: 1,
        total_bytes: 400_000_000,
        done_bytes: 100_000_000,
        state: "running",
        problem: null,
        ...change,
    };
}

/** The hub, downloads and other applications, as the real backend answers them. */
export class FakeHub {
    private downloads: Download[];
    private access: HubAccess;
    private readonly elsewhere: FoundModel[];

    constructor(
        private readonly scenario: HubScenario,
        private readonly tell: (change: Change) => void,
    ) {
        this.downloads = scenario.downloads ?? [];
        this.elsewhere = scenario.elsewhere ?? [ELSEWHERE];
        this.access = scenario.access ?? { address: "https://huggingface.co", token: null, problem: null };
    }

    greet(emit: (change: Change) => void): void {
        emit({ kind: "downloads", downloads: this.downloads });
    }

    operations(): Record<string, Operation> {
        return {
            list_catalogue: () => ({ about: "", written_on: "2026-11-25", models: [ENTRY] }),
            search_hub: ({ words }: { words: string }) => this.asked(() => (FOUND.repository.includes(words) ? [FOUND] : [])),
            read_hub_repository: ({ repository }: { repository: string }) => this.asked(() => this.repository(repository)),
            list_other_applications: () => this.elsewhere,
            list_downloads: () => this.downloads,
            start_download: ({ repository, file }: { repository: string; file: string }) => {
                const begun = download({ name: file, repository, done_bytes: 0 });
                this.set([...this.downloads, begun]);
                return begun;
            },
            pause_download: ({ name }: { name: string }) => this.change(name, "paused"),
            resume_download: ({ name }: { name: string }) => this.change(name, "running"),
            cancel_download: ({ name }: { name: string }) => this.set(this.downloads.filter((each) => each.name !== name)),
            read_hub_access: () => this.access,
            set_hub_token: () => (this.access = { ...this.access, token: { kind: "keyring" } }),
            clear_hub_token: () => (this.access = { ...this.access, token: null }),
        };
    }

    private repository(repository: string): HubRepository {
        const name = (quantization: string) => `model-${quantization}.gguf`;
        return {
            repository,
            revision: REVISION,
            licence: "apache-2.0",
            gated: false,
            downloads: 12_345,
            offers: [offer(name("q4_0"), 300_000_000), offer(name("q4_k_m"), 400_000_000), offer(name("f16"), 9_000_000_000)],
            left_out: 2,
            memory_available_bytes: this.scenario.memoryBytes ?? 6_400_000_000,
        };
    }

    private asked<Answer>(answer: () => Answer): Answer {
        if (this.scenario.hubProblem) {
            throw this.scenario.hubProblem;
        }
        return answer();
    }

    private change(name: string, state: Download["state"]): void {
        this.set(this.downloads.map((each) => (each.name === name ? { ...each, state } : each)));
    }

    private set(downloads: Download[]): void {
        this.downloads = downloads;
        this.tell({ kind: "downloads", downloads });
    }
}
