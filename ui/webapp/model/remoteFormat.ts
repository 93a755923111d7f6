import type { Endpoint, RemoteDiagnosis, RemoteUse } from "../backend/studio";
import { durationText } from "./format";
import { isolated, series, text } from "./texts";

/** What the identifiers of models that answer elsewhere look like; those of files have an ending. */
const REMOTE = /^remote:[0-9a-f-]{36}$/;

/** What stands for "elsewhere" beside a name. */
export const REMOTE_ICON = "sap-icon://cloud";

export function isRemote(model: string | null | undefined): boolean {
    return model != null && REMOTE.test(model);
}

/** A model's name, with the mark of those that answer elsewhere. */
export function marked(name: string, model: string | null | undefined): string {
    return isRemote(model) ? series([name, text("remoteMark")]) : name;
}

export function markIcon(model: string | null | undefined): string {
    return isRemote(model) ? REMOTE_ICON : "";
}

/** Where the prompts of a model go. */
export function leaving(remote: Pick<Endpoint, "host" | "place"> | null | undefined): string {
    return remote ? text(`remoteLeaves.${remote.place}`, isolated(remote.host)) : "";
}

/** What is dangerous about the way there; empty when nothing is. */
export function danger(remote: Pick<Endpoint, "host" | "place" | "encrypted"> | null | undefined): string {
    const open = remote && !remote.encrypted && remote.place !== "this_computer";
    return open ? text("remoteUnencrypted", isolated(remote.host)) : "";
}

/** Where a run was sent, and what was not sent with it. */
export function sentTo(remote: RemoteUse | null | undefined): string {
    if (!remote) {
        return "";
    }
    const names = remote.left_out.map((name) => text(`parameter.${name}`)).join(", ");
    return series([text("remoteSentTo", isolated(remote.host)), names && text("remoteLeftOut", names)]);
}

export function findingText(diagnosis: RemoteDiagnosis | null): string {
    if (!diagnosis) {
        return "";
    }
    const after = diagnosis.answered_ms;
    if (diagnosis.finding === "works" && after != null) {
        return text("remoteWorksAfter", durationText(after));
    }
    return text(`remoteFinding.${diagnosis.finding}`);
}

export function findingType(diagnosis: RemoteDiagnosis | null): "Success" | "Error" {
    return diagnosis?.finding === "works" ? "Success" : "Error";
}
