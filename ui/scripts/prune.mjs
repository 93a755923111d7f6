import { PurgeCSS } from "purgecss";

/** Names that OpenUI5 puts together at run time begin with one that stands in its script; short ones say nothing. */
const MEANINGFUL = 6;
const GENERIC = new Set(["sapUi-", "sapTnt"]);
/** OpenUI5 reads a theme's parameters from a picture's address that is none. */
const PARAMETERS = /(background-image:url\('data:text\/plain;utf-8,)([^']+)('\))/;

/**
 * Returns a function that leaves out of a style sheet of OpenUI5 what is for controls that the application, given
 * as all its text, does not have: rules whose classes have no beginning in it, and parameters it does not name.
 */
export function pruning(application) {
    const names = [...new Set(application.match(/\b_?sap[\w-]+/g))];
    const beginnings = names.filter((name) => name.length >= MEANINGFUL && !GENERIC.has(name));
    const used = new RegExp(`^(?:${beginnings.join("|")})`);
    const standard = [/^(?!sap(?:M|Ui|Tnt))/, used];
    return async (css) => {
        const [{ css: pruned }] = await new PurgeCSS().purge({
            content: [{ raw: "", extension: "js" }],
            css: [{ raw: css }],
            safelist: { standard },
        });
        return pruned.replace(PARAMETERS, (_, before, encoded, after) => before + kept(encoded, used) + after);
    };
}

function kept(encoded, used) {
    const parameters = Object.entries(JSON.parse(decodeURIComponent(encoded)));
    const named = Object.fromEntries(parameters.filter(([name]) => used.test(name)));
    return encodeURIComponent(JSON.stringify(named)).replaceAll("'", "%27");
}
