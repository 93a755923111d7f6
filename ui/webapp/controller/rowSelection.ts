import type Table from "sap/ui/table/Table";

/**
 * Selects the rows with these identifiers and no others. The table itself remembers places, and those shift when
 * rows come and go.
 */
export function selectRows(table: Table, rows: readonly { id: string }[], selected: readonly string[]): void {
    const ids = new Set(selected);
    const places = rows.flatMap(({ id }, place) => (ids.has(id) ? [place] : []));
    // The table learns of its rows after those who bind to the same data.
    setTimeout(() => {
        if (!table.isDestroyed()) {
            apply(table, places);
        }
    });
}

function apply(table: Table, wanted: number[]): void {
    if (wanted.join() === table.getSelectedIndices().join()) {
        return;
    }
    table.clearSelection();
    let from = 0;
    wanted.forEach((place, at) => {
        if (wanted[at + 1] !== place + 1) {
            table.addSelectionInterval(wanted[from] ?? place, place);
            from = at + 1;
        }
    });
}
