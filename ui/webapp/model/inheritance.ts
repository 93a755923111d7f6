import { effectiveParameters, getConfiguration, type Configured, type Mode, type Parameters } from "../backend/studio";
import { beneath, type Beneath } from "./beneath";

/** What each parameter of a run of a model in a mode inherits. */
export async function inheritance(model: string | null, mode: Mode | null): Promise<Beneath> {
    if (!model) {
        return beneath(null, null, null);
    }
    const [effective, configured] = await Promise.all([
        orNull<Parameters>(effectiveParameters(model, mode?.id ?? null, {})),
        orNull<Configured>(getConfiguration(model)),
    ]);
    return beneath(effective, mode, configured);
}

/** What cannot be read is not shown; the run itself would say why. */
export async function orNull<Value>(reading: Promise<Value>): Promise<Value | null> {
    try {
        return await reading;
    } catch {
        return null;
    }
}
