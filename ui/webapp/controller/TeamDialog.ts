import type Dialog from "sap/m/Dialog";
import MessageBox from "sap/m/MessageBox";
import type { Switch$ChangeEvent } from "sap/m/Switch";
import type Event from "sap/ui/base/Event";
import type Control from "sap/ui/core/Control";
import type View from "sap/ui/core/mvc/View";
import type { Conflict, KeptProfile } from "../backend/studio";
import type Team from "../model/Team";
import { isolated, text } from "../model/texts";
import DeploymentDialog from "./DeploymentDialog";
import FragmentDialog from "./FragmentDialog";
import ProfileDialog from "./ProfileDialog";

/** The team's database: the exchange with it, connection profiles, and conflicts. */
export default class TeamDialog extends FragmentDialog {
    private readonly profile: ProfileDialog;
    private readonly deployment: DeploymentDialog;

    constructor(
        view: View,
        private readonly team: Team,
    ) {
        super(view, "Team");
        this.profile = new ProfileDialog(view, () => void team.refresh());
        this.deployment = new DeploymentDialog(view);
    }

    async open(): Promise<void> {
        await this.show();
        await this.team.look(true);
    }

    onSyncNow(): void {
        void this.team.syncNow();
    }

    onCancel(): void {
        void this.team.cancel();
    }

    onAdd(): void {
        void this.profile.open(null);
    }

    onEdit(event: Event): void {
        void this.profile.open(this.kept(event));
    }

    onDuplicate(event: Event): void {
        void this.profile.open(this.kept(event), true);
    }

    onActivate(event: Switch$ChangeEvent): void {
        const { profile } = this.kept(event);
        void this.team.activate(event.getParameter("state") ? profile.id : null);
    }

    onDeploy(event: Event): void {
        void this.deployment.open(this.kept(event).profile);
    }

    /** The password goes with it and can't come back: this asks. */
    onRemove(event: Event): void {
        const { profile } = this.kept(event);
        const remove = text("profileRemove.verb");
        MessageBox.confirm(text("profileRemoveText", isolated(profile.name)), {
            title: text("profileRemoveTitle"),
            actions: [remove, MessageBox.Action.CANCEL],
            emphasizedAction: remove,
            onClose: (action: string | null) => {
                if (action === remove) {
                    void this.team.remove(profile.id);
                }
            },
        });
    }

    onRestore(event: Event): void {
        void this.team.restore(bound<Conflict>(event));
    }

    onKeep(event: Event): void {
        void this.team.keep(bound<Conflict>(event));
    }

    protected prepare(dialog: Dialog): void {
        dialog.attachAfterClose(() => void this.team.look(false));
    }

    private kept(event: Event): KeptProfile {
        return bound<KeptProfile>(event);
    }
}

function bound<Entry>(event: Event): Entry {
    return (event.getSource() as Control).getBindingContext("team")?.getObject() as Entry;
}
