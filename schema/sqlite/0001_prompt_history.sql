-- Runs: one row per inference request, written when it starts and completed
-- when it ends.
-- Class: append-only (a row is completed once and then only deleted).
CREATE TABLE prompt_history (
    id            TEXT    NOT NULL PRIMARY KEY,  -- UUIDv7
    started_at    INTEGER NOT NULL,              -- µs since 1970, UTC
    model_id      TEXT    NOT NULL,
    model_name    TEXT    NOT NULL,
    prompt        TEXT    NOT NULL,
    answer        TEXT    NOT NULL DEFAULT '',
    temperature   REAL    NOT NULL,
    top_p         REAL    NOT NULL,
    max_tokens    INTEGER NOT NULL,
    seed          INTEGER,
    outcome       TEXT    NOT NULL
        CHECK (outcome IN ('running', 'completed', 'stopped', 'failed', 'interrupted')),
    finish_reason TEXT
        CHECK (finish_reason IN ('stop', 'length', 'cancelled')),
    error         TEXT,                          -- JSON {code, message, details}
    total_ms      REAL,
    ttft_ms       REAL,
    tokens_per_s  REAL,
    tokens_in     INTEGER,
    tokens_out    INTEGER,
    deleted_at    INTEGER                        -- µs; removed at the next start
) STRICT;

CREATE INDEX prompt_history_by_time ON prompt_history (started_at DESC, id DESC)
    WHERE deleted_at IS NULL;

-- The answer of a run under way, piece by piece, so that whatever ends the
-- application costs at most the token in flight. Emptied when the run ends.
-- Class: private.
CREATE TABLE answer_piece (
    run_id   TEXT    NOT NULL,
    sequence INTEGER NOT NULL,
    text     TEXT    NOT NULL,
    PRIMARY KEY (run_id, sequence)
) STRICT, WITHOUT ROWID;
