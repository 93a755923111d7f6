import type { Endpoint, Model } from "../backend/studio";
import { bytes, count, fullMoment, magnitude, NONE } from "./format";
import { isolated, text } from "./texts";

export interface Fact {
    label: string;
    value: string;
}

/** What a model is, in the order it is asked for; what its file does not say is not listed. */
export function modelFacts(model: Model): Fact[] {
    const { facts, remote } = model;
    if (remote) {
        return remoteFacts(remote, model.modified_at);
    }
    const known: [string, string | null | undefined][] = [
        ["architecture", facts?.architecture],
        ["parameters", facts?.parameters == null ? null : `${magnitude(facts.parameters)} (${count(facts.parameters)})`],
        ["quantization", facts?.quantization],
        ["context", facts?.context_length == null ? null : text("factTokens", count(facts.context_length))],
        ["size", bytes(model.size_bytes)],
        ["format", model.format == null ? null : text(`format.${model.format}`)],
        ["licence", facts ? (facts.licence ?? NONE) : null],
        ["layers", counted(facts?.layers)],
        ["heads", heads(model)],
        ["headDim", counted(facts?.head_dim)],
        ["hiddenSize", counted(facts?.hidden_size)],
        ["vocabulary", counted(facts?.vocabulary)],
        ["tokenizer", facts?.tokenizer],
        ["modified", fullMoment(model.modified_at)],
    ];
    return listed(known);
}

/** What can be known of a model that answers elsewhere: what a person registered. */
function remoteFacts(remote: Endpoint, changed: number): Fact[] {
    return listed([
        ["address", remote.base_url],
        ["identifier", remote.model],
        ["key", text(remote.has_key ? "remoteKeyInKeyring" : "remoteKeyNone")],
        ["context", remote.context_length == null ? NONE : text("factTokens", count(remote.context_length))],
        ["memory", text("remoteNoMemory")],
        ["modified", fullMoment(changed)],
    ]);
}

function listed(known: [string, string | null | undefined][]): Fact[] {
    return known.flatMap(([key, value]) => (value == null ? [] : [{ label: text(`fact.${key}`), value }]));
}

/** Every file with its size, one a line. */
export function filesText(model: Model): string {
    return model.files.map(({ name, size_bytes }) => `${name} (${isolated(bytes(size_bytes))})`).join("\n");
}

/** What deleting a model's files would do, with each file named. */
export function deletion(model: Model): string {
    return model.link_target
        ? text("deleteFiles.link", isolated(model.name), isolated(model.link_target))
        : text("deleteFiles.files", isolated(model.name), bytes(model.size_bytes), filesText(model));
}

export function hashingPercent(model: Model | null): number {
    const progress = model?.hashing;
    return progress && progress.bytes_total > 0 ? Math.floor((progress.bytes_done / progress.bytes_total) * 100) : 0;
}

/** What stands where the hash will be. */
export function hashText(model: Model | null): string {
    if (model?.sha256) {
        return model.sha256;
    }
    return model?.hashing ? text("hashing", hashingPercent(model)) : NONE;
}

function counted(value: number | null | undefined): string | null {
    return value == null ? null : count(value);
}

function heads({ facts }: Model): string | null {
    if (facts?.heads == null) {
        return null;
    }
    const shared = facts.kv_heads != null && facts.kv_heads !== facts.heads;
    return shared ? text("factHeads", count(facts.heads), count(facts.kv_heads)) : count(facts.heads);
}
