-- Two runs beside each other, as a person saved them; names and prompt as they
-- were, since runs can be deleted.
-- Class: append-only (saving again replaces).
CREATE TABLE comparison (
    id         TEXT    NOT NULL PRIMARY KEY,  -- UUIDv7
    at         INTEGER NOT NULL,              -- µs since 1970, UTC
    run_a      TEXT    NOT NULL,
    run_b      TEXT    NOT NULL,
    model_a    TEXT    NOT NULL,
    model_b    TEXT    NOT NULL,
    prompt     TEXT    NOT NULL,
    weights    TEXT    NOT NULL,              -- JSON
    score      TEXT    NOT NULL,              -- JSON
    winner     TEXT    CHECK (winner IN ('a', 'b', 'tie')),
    overridden INTEGER NOT NULL CHECK (overridden IN (0, 1)),
    note       TEXT    NOT NULL
) STRICT;

CREATE INDEX comparison_by_time ON comparison (at, id);
