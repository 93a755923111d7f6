import type { Mode } from "../backend/studio";
import type { ModelRow } from "./models";
import { toOverrides } from "./parameters";
import type { Remembered } from "./Preferences";
import type { Request } from "./PromptSession";

/** What the page says, asked of a model in a mode. */
export function requestOf(page: Remembered, { id, name }: ModelRow, mode: Mode | null): Request {
    return {
        model: id,
        modelName: name,
        mode: mode && { id: mode.id, name: mode.name },
        prompt: page.prompt,
        parameters: toOverrides(page.parameters),
        stream: page.stream,
        cache: true,
    };
}
