/** Live numbers change at most twice a second, so that they can be read. */
export const PACE_MS = 500;

/**
 * Lets the first value through at once and then at most one per `interval`, always ending on the last.
 * A value for which `urgent` holds, compared with the one shown, never waits.
 */
export function paced<Value>(
    apply: (value: Value) => void,
    urgent: (shown: Value, next: Value) => boolean = () => false,
    interval: number | (() => number) = PACE_MS,
): (value: Value) => void {
    let shown: { value: Value } | undefined;
    let waiting: { value: Value } | undefined;
    let timer = 0;

    const show = (value: Value) => {
        shown = { value };
        waiting = undefined;
        clearTimeout(timer);
        timer = window.setTimeout(() => {
            timer = 0;
            if (waiting) {
                show(waiting.value);
            }
        }, typeof interval === "number" ? interval : interval());
        apply(value);
    };

    return (value) => {
        if (!timer || !shown || urgent(shown.value, value)) {
            show(value);
        } else {
            waiting = { value };
        }
    };
}
