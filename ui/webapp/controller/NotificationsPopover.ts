import type ResponsivePopover from "sap/m/ResponsivePopover";
import type { SegmentedButton$SelectionChangeEvent } from "sap/m/SegmentedButton";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import type { Failure, Notification } from "../backend/studio";
import { openPath } from "../backend/window";
import type Notifications from "../model/Notifications";
import type { LevelFilter } from "../model/Notifications";
import FragmentPopover from "./FragmentPopover";

const GROWS_OLD_MS = 15_000;

/** What the popover leads to. */
export interface Leads {
    run(run: string): void;
    model(model: string): void;
    evaluation(evaluation: string): void;
}

/** What a person should know, and what it is about. */
export default class NotificationsPopover extends FragmentPopover {
    private timer = 0;

    constructor(
        view: View,
        private readonly notifications: Notifications,
        private readonly leads: Leads,
    ) {
        super(view, "Notifications");
    }

    async openBy(control: Control): Promise<void> {
        await this.showBy(control);
        clearInterval(this.timer);
        this.timer = window.setInterval(() => this.notifications.tick(), GROWS_OLD_MS);
        await this.notifications.open();
    }

    onNotificationsClosed(): void {
        clearInterval(this.timer);
        this.notifications.close();
    }

    onFilterNotifications(event: SegmentedButton$SelectionChangeEvent): void {
        void this.notifications.filter((event.getParameter("item")?.getKey() ?? "all") as LevelFilter);
    }

    onMoreNotifications(): void {
        void this.notifications.more();
    }

    onDismissNotification(event: Event): void {
        void this.notifications.dismiss(notification(event).id);
    }

    onDismissAllNotifications(): void {
        void this.notifications.dismissAll();
    }

    async onOpenSubject(event: Event): Promise<void> {
        const { subject } = notification(event);
        if (subject?.kind === "file") {
            await this.openFile(subject.path);
            return;
        }
        await this.onClose();
        if (subject?.kind === "run") {
            this.leads.run(subject.run);
        } else if (subject?.kind === "model") {
            this.leads.model(subject.model);
        } else if (subject?.kind === "evaluation") {
            this.leads.evaluation(subject.evaluation);
        }
    }

    protected prepare(_popover: ResponsivePopover): void {
        // Its models are the application's.
    }

    private async openFile(path: string): Promise<void> {
        try {
            await openPath(path);
        } catch (error) {
            this.notifications.say(error as Failure);
        }
    }
}

function notification(event: Event): Notification {
    return (event.getSource() as Control).getBindingContext("notifications")?.getObject() as Notification;
}
