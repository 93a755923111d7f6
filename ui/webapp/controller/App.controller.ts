import type NavigationListItem from "sap/tnt/NavigationListItem";
import type SideNavigation from "sap/tnt/SideNavigation";
import type { SideNavigation$ItemSelectEvent } from "sap/tnt/SideNavigation";
import type Event from "sap/ui/base/Event";
import JSONModel from "sap/ui/model/json/JSONModel";
import { watchDrops } from "../backend/window";
import { shortcutOf, type GlobalShortcut } from "../model/shortcuts";
import type { WorkItem } from "../model/Tasks";
import AboutDialog from "./AboutDialog";
import { tellCheckedOnly } from "./aria";
import BaseController from "./BaseController";
import ConfiguratorDialog from "./ConfiguratorDialog";
import { isCovered } from "./covered";
import EmbeddingsDialog from "./EmbeddingsDialog";
import GetModelsDialog from "./GetModelsDialog";
import ImportDialog from "./ImportDialog";
import ModelsDialog from "./ModelsDialog";
import ModelsPopover from "./ModelsPopover";
import NotificationsPopover from "./NotificationsPopover";
import RemoteDialog from "./RemoteDialog";
import SettingsDialog from "./SettingsDialog";
import ShortcutsDialog from "./ShortcutsDialog";
import TeamDialog from "./TeamDialog";

/**
 * @namespace nopenai.studio.controller
 */
export default class App extends BaseController {
    private readonly shell = new JSONModel({ dropping: false, page: "promptTesting" });
    private readonly onKeyDown = (event: KeyboardEvent) => this.onShortcut(event);
    private readonly reactions: Record<GlobalShortcut, () => void> = {
        settings: () => this.onOpenSettings(),
        models: () => this.onOpenModels(),
        manageModels: () => this.openModel(),
        notifications: () => this.onOpenNotifications(),
        navigation: () => this.onToggleNavigation(),
        shortcuts: () => this.onOpenShortcuts(),
    };
    private about: AboutDialog;
    private configurator: ConfiguratorDialog;
    private embeddings: EmbeddingsDialog;
    private getter: GetModelsDialog;
    private importer: ImportDialog;
    private models: ModelsDialog;
    private modelsPopover: ModelsPopover;
    private notifications: NotificationsPopover;
    private remote: RemoteDialog;
    private settings: SettingsDialog;
    private shortcuts: ShortcutsDialog;
    private team: TeamDialog;

    onInit(): void {
        this.getView()?.setModel(this.shell, "shell");
        this.createParts();
        tellCheckedOnly(this.control<SideNavigation>("navigation"));
        document.addEventListener("keydown", this.onKeyDown);
        this.router().attachRouteMatched((event) => {
            const name = event.getParameter("name") ?? "";
            this.shell.setProperty("/page", name === "chat" ? name : "promptTesting");
        });
        // Without drops the dialog of the import still takes paths; that the backend is gone is told elsewhere.
        watchDrops((event) => {
            this.shell.setProperty("/dropping", event.kind === "over");
            if (event.kind === "drop" && event.paths.length > 0) {
                this.onDrop(event.paths);
            }
        }).catch(() => this.shell.setProperty("/dropping", false));
    }

    onExit(): void {
        document.removeEventListener("keydown", this.onKeyDown);
    }

    onToggleNavigation(): void {
        const preferences = this.component().preferences;
        preferences.setProperty("/navigationExpanded", !preferences.getProperty("/navigationExpanded"));
    }

    onNavigate(event: SideNavigation$ItemSelectEvent): void {
        const page = (event.getParameter("item") as NavigationListItem | undefined)?.getKey();
        this.router().navTo(page ?? "promptTesting", {});
    }

    onOpenModels(): void {
        void this.modelsPopover.openBy(this.control("modelButton"));
    }

    onOpenNotifications(): void {
        void this.notifications.openBy(this.control("notificationsButton"));
    }

    onOpenTeam(): void {
        void this.team.open();
    }

    onOpenSettings(): void {
        void this.settings.open();
    }

    onOpenShortcuts(): void {
        void this.shortcuts.open();
    }

    onOpenAbout(): void {
        void this.about.open();
    }

    onReload(): void {
        this.component().settings.reload();
    }

    onOpenWork(event: Event): void {
        const { kind, model } = this.bound<WorkItem>(event, "tasks");
        if (kind === "import_model") {
            void this.importer.open();
        } else if (kind === "download_model") {
            void this.getter.open();
        } else if (kind === "load_model") {
            this.openModel(model ?? undefined);
        } else if (kind === "evaluate") {
            void this.component().evaluate();
        } else {
            this.router().navTo("promptTesting", {});
        }
    }

    onCancelWork(event: Event): void {
        void this.component().tasks.cancel(this.bound<WorkItem>(event, "tasks"));
    }

    private createParts(): void {
        const view = this.getView()!;
        const { live, settings, notifications, tasks, downloads, draft, evaluations, team } = this.component();
        this.about = new AboutDialog(view);
        this.shortcuts = new ShortcutsDialog(view);
        this.team = new TeamDialog(view, team);
        this.settings = new SettingsDialog(view, settings, () => live.model.getProperty("/folder") as string);
        this.configurator = new ConfiguratorDialog(view, live, settings, () => void draft.refresh());
        this.importer = new ImportDialog(
            view,
            (item) => void tasks.cancel(item),
            (model) => this.openModel(model),
        );
        this.getter = new GetModelsDialog(view, live, downloads, (model) => this.openModel(model));
        this.embeddings = new EmbeddingsDialog(view);
        this.remote = new RemoteDialog(view, (model) => this.openModel(model));
        this.models = new ModelsDialog(view, live, evaluations, {
            register: (model) => void this.remote.open(model),
            getModels: () => void this.getter.open(),
            configure: (model) => void this.configurator.open(model),
            importModel: () => void this.importer.open(),
            embedTexts: (model) => void this.embeddings.open(model),
        });
        this.modelsPopover = new ModelsPopover(view, live, {
            choose: (model) => this.choose(model),
            manage: () => this.openModel(),
        });
        this.notifications = new NotificationsPopover(view, notifications, {
            run: (run) => this.openRun(run),
            model: (model) => this.openModel(model),
            evaluation: (evaluation) => void this.component().evaluate(evaluation),
        });
    }

    /** In a chat, texts go under the message; models are brought in everywhere. */
    private onDrop(paths: string[]): void {
        const { chat } = this.component();
        const inChat = this.shell.getProperty("/page") === "chat" && chat.id !== null;
        const models = inChat ? paths.filter((path) => path.toLowerCase().endsWith(".gguf")) : paths;
        const texts = paths.filter((path) => !models.includes(path));
        if (texts.length > 0) {
            void chat.attach(texts);
        }
        if (models.length > 0) {
            void this.importer.open(models);
        }
    }

    private openModel(model?: string): void {
        void this.models.open(model);
    }

    private openRun(run: string): void {
        this.component().leadToRun(run);
    }

    private choose(model: string): void {
        this.component().preferences.setProperty("/model", model);
        this.component().live.choose(model);
    }

    private onShortcut(event: KeyboardEvent): void {
        const shortcut = shortcutOf(event);
        if (shortcut && !event.defaultPrevented && !isCovered()) {
            event.preventDefault();
            this.reactions[shortcut]();
        }
    }
}
