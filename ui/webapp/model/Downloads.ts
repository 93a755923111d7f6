import JSONModel from "sap/ui/model/json/JSONModel";
import { cancelDownload, pauseDownload, resumeDownload, type Download, type Failure } from "../backend/studio";
import { paced } from "./pace";
import { Progress } from "./progress";

/** A model on its way, as it is shown. */
export interface DownloadRow extends Download {
    /** Bytes per second; null until enough is known. */
    rate: number | null;
    /** Until the end, as fast as now, seconds. */
    remaining: number | null;
    /** Whether something was asked of it that has not happened yet. */
    asked: boolean;
}

/** The models on their way, as the backend last told. */
export default class Downloads {
    readonly model = new JSONModel({ items: [] as DownloadRow[], problem: null as Failure | null });
    private list: Download[] = [];
    private readonly progresses = new Map<string, Progress>();
    private readonly asked = new Set<string>();
    private readonly show = paced<DownloadRow[]>(
        (rows) => void this.model.setProperty("/items", rows),
        (shown, next) => shown.map(identity).join() !== next.map(identity).join(),
    );

    constructor(private readonly now: () => number = () => performance.now()) {}

    onDownloads(list: Download[]): void {
        this.list = list;
        for (const name of this.progresses.keys()) {
            if (!list.some((download) => download.name === name && download.state === "running")) {
                this.progresses.delete(name);
            }
        }
        this.refresh();
    }

    pause(name: string): Promise<void> {
        return this.ask(name, () => pauseDownload(name));
    }

    resume(name: string): Promise<void> {
        return this.ask(name, () => resumeDownload(name));
    }

    /** What has arrived is deleted. */
    cancel(name: string): Promise<void> {
        return this.ask(name, () => cancelDownload(name));
    }

    private async ask(name: string, action: () => Promise<unknown>): Promise<void> {
        this.asked.add(name);
        this.refresh();
        this.model.setProperty("/problem", null);
        try {
            await action();
        } catch (error) {
            // What ended by itself in the meantime needs nothing any more.
            const problem = error as Failure;
            this.model.setProperty("/problem", problem.code === "not_found" ? null : problem);
        } finally {
            this.asked.delete(name);
            this.refresh();
        }
    }

    private refresh(): void {
        this.show(this.list.map((download) => this.row(download)));
    }

    private row(download: Download): DownloadRow {
        const { name, done_bytes, total_bytes, state } = download;
        const asked = this.asked.has(name);
        if (state !== "running") {
            return { ...download, rate: null, remaining: null, asked };
        }
        const progress = this.progresses.get(name) ?? new Progress();
        this.progresses.set(name, progress);
        progress.reached(done_bytes, this.now());
        return { ...download, rate: progress.rate, remaining: progress.remaining(total_bytes), asked };
    }
}

function identity({ name, state, asked }: DownloadRow): string {
    return `${name}${state}${asked}`;
}
