-- Prompts that are asked together: the product's own and a person's.
-- Class: shared.
CREATE TABLE prompt_set (
    id          TEXT    NOT NULL PRIMARY KEY,  -- a word when shipped, else UUIDv7
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    licence     TEXT    NOT NULL,              -- SPDX, empty when not known
    capability  TEXT    CHECK (capability IN ('math', 'coding', 'reasoning', 'arabic', 'general')),
    shipped     INTEGER NOT NULL CHECK (shipped IN (0, 1)),
    revision    INTEGER NOT NULL,              -- of its items, from 1
    changed_at  INTEGER NOT NULL,              -- µs since 1970, UTC
    deletion    INTEGER                        -- µs; removed at the next start
) STRICT;

-- A later version of the product may ship a set by the name of a person's.
CREATE UNIQUE INDEX prompt_set_by_name ON prompt_set (shipped, name COLLATE NOCASE)
    WHERE deletion IS NULL;

-- The items of each revision: an evaluation is of the revision it was begun
-- with, so those before are kept as they were.
-- Class: shared (a row is never changed).
CREATE TABLE prompt_set_item (
    set_id      TEXT    NOT NULL REFERENCES prompt_set (id) ON DELETE CASCADE,
    revision    INTEGER NOT NULL,
    position    INTEGER NOT NULL,              -- from 1
    prompt      TEXT    NOT NULL,              -- its variables filled in
    system      TEXT,
    expectation TEXT,                          -- JSON
    PRIMARY KEY (set_id, revision, position)
) STRICT, WITHOUT ROWID;

-- A prompt set, asked of one model; names as they were.
-- Class: append-only (a row's state and end change until it is completed).
CREATE TABLE evaluation (
    id           TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    set_id       TEXT    NOT NULL REFERENCES prompt_set (id) ON DELETE CASCADE,
    set_name     TEXT    NOT NULL,
    set_revision INTEGER NOT NULL,
    items        INTEGER NOT NULL,
    model_id     TEXT    NOT NULL,
    model_name   TEXT    NOT NULL,
    mode_id      TEXT,
    mode_name    TEXT,
    judge_id     TEXT,                         -- the model that judges
    parameters   TEXT    NOT NULL,             -- JSON, over the mode's
    state        TEXT    NOT NULL
        CHECK (state IN ('running', 'paused', 'completed', 'cancelled', 'interrupted')),
    problem      TEXT,                         -- JSON {code, message, details}
    started_at   INTEGER NOT NULL,             -- µs since 1970, UTC
    ended_at     INTEGER
) STRICT;

CREATE INDEX evaluation_by_time ON evaluation (started_at, id);
CREATE INDEX evaluation_by_set ON evaluation (set_id, started_at, id);

-- What became of each item.
-- Class: append-only (one that waits for the judge is completed once).
CREATE TABLE evaluation_result (
    evaluation_id TEXT    NOT NULL REFERENCES evaluation (id) ON DELETE CASCADE,
    position      INTEGER NOT NULL,            -- the item's
    verdict       TEXT    NOT NULL CHECK (verdict IN
        ('passed', 'failed', 'not_judged', 'not_run', 'answered', 'waiting')),
    reason        TEXT    NOT NULL,
    detail        TEXT,
    run_id        TEXT,                        -- in prompt_history
    judge_run_id  TEXT,                        -- in prompt_history
    answer        TEXT    NOT NULL,
    PRIMARY KEY (evaluation_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX evaluation_result_by_verdict ON evaluation_result (evaluation_id, verdict);
