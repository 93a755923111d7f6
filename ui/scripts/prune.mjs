import { PurgeCSS } from "purgecss";

/** Names that OpenUI5 puts together at run time begin with one that stands in its script; these alone say nothing. */
const TOO_SHORT = new Set(["sapM", "sapUi", "sapUi-", "sapTnt"]);
/** OpenUI5 reads a theme's parameters from a picture's address that is none. */
const PARAMETERS = /(background-image:url\('data:text\/plain;utf-8,)([^']+)('\))/;

/**
 * Returns a function that leaves out of a style sheet of OpenUI5 what is for controls the script does not have:
 * rules whose classes have no beginning in it, and parameters it does not name.
 */
export function pruning(script) {
    const names = new Set(script.match(/\b_?sap[\w-]+/g));
    const beginnings = [...names].filter((name) => /^sap(M|Ui|Tnt)/.test(name) && !TOO_SHORT.has(name));
    const standard = [/^(?!sap(?:M|Ui|Tnt))/, new RegExp(`^(?:${beginnings.join("|")})`)];
    return async (css) => {
        const [{ css: pruned }] = await new PurgeCSS().purge({
            content: [{ raw: "", extension: "js" }],
            css: [{ raw: css }],
            safelist: { standard },
        });
        return pruned.replace(PARAMETERS, (_, before, encoded, after) => before + kept(encoded, names) + after);
    };
}

function kept(encoded, names) {
    const parameters = Object.entries(JSON.parse(decodeURIComponent(encoded)));
    const used = Object.fromEntries(parameters.filter(([name]) => names.has(name)));
    return encodeURIComponent(JSON.stringify(used)).replaceAll("'", "%27");
}
