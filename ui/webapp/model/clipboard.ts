import MessageToast from "sap/m/MessageToast";
import { text } from "./texts";

/** Puts a text on the clipboard and says so. */
export async function copy(content: string): Promise<void> {
    MessageToast.show(text((await written(content)) ? "copied" : "notCopied"));
}

async function written(content: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(content);
        return true;
    } catch {
        return copiedBySelection(content);
    }
}

/** Some web views refuse the clipboard interface but still copy a selection. */
function copiedBySelection(content: string): boolean {
    const carrier = document.createElement("textarea");
    carrier.value = content;
    document.body.append(carrier);
    carrier.select();
    const done = document.execCommand("copy");
    carrier.remove();
    return done;
}
