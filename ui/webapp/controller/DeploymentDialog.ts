import type Dialog from "sap/m/Dialog";
import type View from "sap/ui/core/mvc/View";
import JSONModel from "sap/ui/model/json/JSONModel";
import { cancelDeployment, deploySchema, planDeployment, readGrants, type ConnectionProfile, type DeployPlan, type Failure } from "../backend/studio";
import FragmentDialog from "./FragmentDialog";

interface DeploymentState {
    plan: DeployPlan | null;
    grants: string[];
    deployed: boolean;
    deploying: boolean;
    problem: Failure | null;
}

/** Shows what deploying the schema would run, and runs it. */
export default class DeploymentDialog extends FragmentDialog {
    private readonly model = new JSONModel(nothing());
    private profile: ConnectionProfile | undefined;

    constructor(view: View) {
        super(view, "Deployment");
    }

    async open(profile: ConnectionProfile): Promise<void> {
        this.profile = profile;
        this.model.setData(nothing());
        await this.show();
        await this.attempt(async () => {
            const { id, kind, schema, user } = profile;
            this.model.setProperty("/grants", await readGrants(kind, schema, user));
            this.model.setProperty("/plan", await planDeployment(id));
        });
    }

    async onDeployNow(): Promise<void> {
        const id = this.profile?.id;
        if (!id) {
            return;
        }
        this.model.setProperty("/deploying", true);
        await this.attempt(async () => {
            await deploySchema(id);
            this.model.setProperty("/deployed", true);
            this.model.setProperty("/plan", await planDeployment(id));
        });
        this.model.setProperty("/deploying", false);
    }

    async onStopDeployment(): Promise<void> {
        await this.attempt(cancelDeployment);
    }

    protected prepare(dialog: Dialog): void {
        dialog.setModel(this.model, "deployment");
    }

    private async attempt(action: () => Promise<void>): Promise<void> {
        try {
            await action();
            this.model.setProperty("/problem", null);
        } catch (error) {
            this.model.setProperty("/problem", error as Failure);
        }
    }
}

function nothing(): DeploymentState {
    return { plan: null, grants: [], deployed: false, deploying: false, problem: null };
}
