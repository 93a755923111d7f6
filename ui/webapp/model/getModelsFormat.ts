import type { Catalogue, CatalogueEntry, FoundModel, HubAccess, HubModel, HubRepository, Offer } from "../backend/studio";
import { bytes, count, magnitude } from "./format";
import { fit, type Fit } from "./offers";
import { isolated, series, text } from "./texts";

const BILLION = 1e9;

const FIT_ICONS: Record<Fit, string> = {
    fits: "sap-icon://status-positive",
    tight: "sap-icon://status-critical",
    exceeds: "sap-icon://status-negative",
};

const FIT_COLOURS: Record<Fit, "Success" | "Warning" | "Error"> = { fits: "Success", tight: "Warning", exceeds: "Error" };

/** As "1.5B parameters · 32,768 tokens of context · apache-2.0". */
export function entryFacts(entry: CatalogueEntry): string {
    return series([
        text("factParameters", magnitude(entry.billion_parameters * BILLION)),
        text("factContext", count(entry.context_length)),
        isolated(entry.licence),
    ]);
}

export function capabilities({ capabilities }: CatalogueEntry): string {
    return series(capabilities.map((capability) => text(`capability.${capability}`)));
}

/** How old the recommendations are. */
export function writtenOn(catalogue: Catalogue | null): string {
    return catalogue ? text("catalogueWritten", isolated(catalogue.written_on)) : "";
}

/** What a model takes, roughly. */
export function sizeClass(size: CatalogueEntry["size"]): string {
    return text(`sizeClass.${size}`);
}

/** What the search tells of a model, as far as it does. */
export function hubFacts(model: HubModel): string {
    return series([
        model.architecture ? isolated(model.architecture) : null,
        model.parameters == null ? null : text("factParameters", magnitude(model.parameters)),
        model.licence ? isolated(model.licence) : null,
        model.gated ? text("gated") : null,
    ]);
}

export function hubPopularity(model: HubModel): string {
    return series([
        model.downloads == null ? null : text("hubDownloads", count(model.downloads)),
        model.likes == null ? null : text("hubLikes", count(model.likes)),
        model.changed_on ? text("hubChanged", isolated(model.changed_on)) : null,
    ]);
}

export function repositoryFacts(repository: HubRepository | null): string {
    if (!repository) {
        return "";
    }
    const { licence, gated, downloads, revision } = repository;
    return series([
        licence ? text("hubLicence", isolated(licence)) : text("hubNoLicence"),
        gated ? text("gated") : null,
        downloads == null ? null : text("hubDownloads", count(downloads)),
        text("hubRevision", isolated(revision.slice(0, 8))),
    ]);
}

export function suits(entry: CatalogueEntry | null): string {
    return entry ? text("catalogueSuits", capabilities(entry), entry.modes.map((mode) => text(`suitedMode.${mode}`)).join(", ")) : "";
}

export function offerFacts(offer: Offer): string {
    return series([
        bytes(offer.size_bytes),
        offer.files > 1 ? text("offerFiles", count(offer.files)) : null,
        offer.is_here ? text("offerIsHere") : null,
    ]);
}

export function fitText(offer: Offer, available: number | undefined): string {
    return available === undefined ? "" : text(`fit.${fit(offer.size_bytes, available)}`);
}

/** Where the verdict comes from. */
export function fitTooltip(offer: Offer, available: number | undefined): string {
    return available === undefined ? "" : text("fitTooltip", bytes(offer.size_bytes), bytes(available));
}

export function fitIcon(offer: Offer, available: number | undefined): string {
    return available === undefined ? "" : FIT_ICONS[fit(offer.size_bytes, available)];
}

export function fitColour(offer: Offer, available: number | undefined): "None" | "Success" | "Warning" | "Error" {
    return available === undefined ? "None" : FIT_COLOURS[fit(offer.size_bytes, available)];
}

export function leftOut(repository: HubRepository | null): string {
    return repository && repository.left_out > 0 ? text("offersLeftOut", count(repository.left_out)) : "";
}

export function noneFound(found: HubModel[] | null): string {
    return text(found === null ? "hubSearchHint" : "hubNothingFound");
}

export function applicationName(application: FoundModel["application"]): string {
    return text(`application.${application}`);
}

export function elsewhereFacts(model: FoundModel): string {
    return series([
        model.architecture ? isolated(model.architecture) : null,
        model.quantization ? isolated(model.quantization) : null,
        bytes(model.size_bytes),
    ]);
}

/** Where the token is, without it. */
export function tokenText(access: HubAccess | null): string {
    if (!access) {
        return "";
    }
    const { token } = access;
    switch (token?.kind) {
        case "keyring":
            return text("hubToken.keyring");
        case "variable":
            return text("hubToken.variable", isolated(token.name));
        case "file":
            return text("hubToken.file", isolated(token.path));
        default:
            return text("hubToken.none");
    }
}
