-- What is shared with a team: each row's version, what the server is known to
-- have, and what waits.

-- The version of every row of a synced table; `pending` until the server has
-- it. Written by triggers in the transaction of the row itself.
-- Class: private.
CREATE TABLE sync_row (
    table_name       TEXT    NOT NULL,
    row_key          TEXT    NOT NULL,     -- its key, or a JSON array of its key's parts
    clock            INTEGER NOT NULL,     -- hybrid clock, µs since 1970; 0: of before
    workstation      TEXT,                 -- who wrote it; absent: this one
    base_clock       INTEGER,              -- the version the server is known to have;
    base_workstation TEXT,                 -- absent clock: none, absent workstation: this one's
    deleted          INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    pending          INTEGER NOT NULL CHECK (pending IN (0, 1)),
    missing          INTEGER NOT NULL DEFAULT 0 CHECK (missing IN (0, 1)), -- not seen yet in a full pull
    problem          TEXT,                 -- why it can't be sent as it is
    PRIMARY KEY (table_name, row_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX sync_row_pending ON sync_row (clock, table_name, row_key)
    WHERE pending = 1 AND problem IS NULL;
-- In a full pull only.
CREATE INDEX sync_row_missing ON sync_row (table_name, row_key) WHERE missing = 1;
CREATE INDEX sync_row_problem ON sync_row (table_name, row_key) WHERE problem IS NOT NULL;

-- Rows of the server whose parents are not here yet, or that can't be kept.
-- Class: private.
CREATE TABLE sync_waiting (
    table_name  TEXT    NOT NULL,
    row_key     TEXT    NOT NULL,
    clock       INTEGER NOT NULL,
    workstation TEXT    NOT NULL,
    row         TEXT    NOT NULL,          -- JSON array of its columns
    reason      TEXT    NOT NULL,
    PRIMARY KEY (table_name, row_key)
) STRICT, WITHOUT ROWID;

-- The synced tables whose rows of before have a version.
-- Class: private.
CREATE TABLE sync_table (
    name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- This workstation, and how far it is with its server. One row.
-- Class: private.
CREATE TABLE sync_state (
    only_row     INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    workstation  TEXT    NOT NULL,         -- UUID
    clock        INTEGER NOT NULL,         -- the latest seen of anybody
    server       TEXT,                     -- its identifier; absent: none joined
    epoch        TEXT,                     -- of the server's contents
    number       INTEGER NOT NULL,         -- everything up to this commit is here
    token        TEXT,                     -- what that commit is known by
    pushed       INTEGER NOT NULL,         -- the latest commit of this workstation
    pushed_token TEXT,                     -- what that one is known by
    progress     TEXT,                     -- JSON: a pull under way
    last_success INTEGER                   -- µs since 1970, UTC
) STRICT;

-- What two people wrote at the same time: the version that did not prevail.
-- Class: shared (only `resolved` changes).
CREATE TABLE sync_conflict (
    table_name         TEXT    NOT NULL,
    row_key            TEXT    NOT NULL,
    clock              INTEGER NOT NULL,   -- of the version that is kept here
    workstation        TEXT    NOT NULL,
    winner_clock       INTEGER NOT NULL,
    winner_workstation TEXT    NOT NULL,
    at                 INTEGER NOT NULL,   -- µs since 1970, UTC
    resolved           INTEGER NOT NULL CHECK (resolved IN (0, 1)),
    row                TEXT,               -- JSON object; absent: it was a deletion
    PRIMARY KEY (table_name, row_key, clock, workstation)
) STRICT, WITHOUT ROWID;

CREATE INDEX sync_conflict_open ON sync_conflict (at) WHERE resolved = 0;

-- The servers a person can connect to. No password: that is in the keyring.
-- Class: private.
CREATE TABLE connection_profile (
    id      TEXT    NOT NULL PRIMARY KEY,  -- UUIDv7
    active  INTEGER NOT NULL CHECK (active IN (0, 1)),
    profile TEXT    NOT NULL               -- JSON
) STRICT;

CREATE UNIQUE INDEX connection_profile_active ON connection_profile (active) WHERE active = 1;

-- Who did what; each workstation has a chain of its own, since only it can keep
-- one without asking the others.
-- Class: append-only.
CREATE TABLE audit_log (
    workstation   TEXT    NOT NULL,        -- UUID
    sequence      INTEGER NOT NULL,        -- from 1, without gaps
    at            INTEGER NOT NULL,        -- µs since 1970, UTC
    actor         TEXT    NOT NULL,
    action        TEXT    NOT NULL,
    subject_kind  TEXT    NOT NULL,
    subject_id    TEXT    NOT NULL,
    previous_hash TEXT    NOT NULL,        -- SHA-256, hexadecimal
    hash          TEXT    NOT NULL,
    before        TEXT,                    -- JSON
    after         TEXT,                    -- JSON
    PRIMARY KEY (workstation, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_log_by_time ON audit_log (at);

-- What a run measured.
-- Class: append-only.
CREATE TABLE inference_metric (
    id           TEXT    NOT NULL PRIMARY KEY, -- UUIDv7, the run's
    at           INTEGER NOT NULL,         -- µs since 1970, UTC
    workstation  TEXT    NOT NULL,
    model_id     TEXT    NOT NULL,
    outcome      TEXT    NOT NULL,
    cache        TEXT,
    total_ms     REAL,
    ttft_ms      REAL,
    tokens_per_s REAL,
    tokens_in    INTEGER,
    tokens_out   INTEGER
) STRICT;

CREATE INDEX inference_metric_by_time ON inference_metric (at, model_id);

-- Governed states of models.
-- Class: shared. One PRODUCTION per family is kept under the server's lock.
CREATE TABLE model_version (
    id         TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    family     TEXT    NOT NULL,
    version    INTEGER NOT NULL,           -- from 1
    model_id   TEXT    NOT NULL,
    sha256     TEXT,
    status     TEXT    NOT NULL
        CHECK (status IN ('draft', 'staging', 'production', 'archived')),
    created_at INTEGER NOT NULL,           -- µs since 1970, UTC
    created_by TEXT    NOT NULL,
    changed_at INTEGER NOT NULL,
    notes      TEXT    NOT NULL
) STRICT;

CREATE INDEX model_version_by_family ON model_version (family, version);

-- How versions became what they are.
-- Class: append-only.
CREATE TABLE model_deployment (
    id          TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    version_id  TEXT    NOT NULL,          -- in model_version
    at          INTEGER NOT NULL,          -- µs since 1970, UTC
    actor       TEXT    NOT NULL,
    from_status TEXT    NOT NULL,
    to_status   TEXT    NOT NULL,
    notes       TEXT    NOT NULL
) STRICT;

CREATE INDEX model_deployment_by_version ON model_deployment (version_id, at);
