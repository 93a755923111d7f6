-- A person's own modes, and changes to those the product ships.
-- Class: shared.
CREATE TABLE mode (
    id          TEXT    NOT NULL PRIMARY KEY,  -- a word when shipped, else UUIDv7
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    model_id    TEXT,
    parameters  TEXT    NOT NULL,              -- JSON, the overrides
    shipped     INTEGER NOT NULL CHECK (shipped IN (0, 1))
) STRICT;

-- How each model is used.
-- Class: shared.
CREATE TABLE model_configuration (
    model_id      TEXT NOT NULL PRIMARY KEY,
    configuration TEXT NOT NULL                -- JSON
) STRICT;

-- Named configurations.
-- Class: shared.
CREATE TABLE preset (
    name          TEXT NOT NULL PRIMARY KEY,
    configuration TEXT NOT NULL                -- JSON
) STRICT;

-- What tokens of a model cost from a moment on, until its next price.
-- Class: shared.
CREATE TABLE price (
    model_id      TEXT    NOT NULL,
    valid_from    INTEGER NOT NULL,            -- µs since 1970, UTC
    currency      TEXT    NOT NULL,            -- ISO 4217
    input_per_1k  REAL    NOT NULL,
    output_per_1k REAL    NOT NULL,
    PRIMARY KEY (model_id, valid_from)
) STRICT, WITHOUT ROWID;

-- What is remembered about a model's files.
-- Class: private (paths and hashes are this machine's).
CREATE TABLE model_record (
    model_id    TEXT    NOT NULL PRIMARY KEY,
    alias       TEXT,
    hidden      INTEGER NOT NULL CHECK (hidden IN (0, 1)),
    sha256      TEXT,                          -- of the file as it was with
    size_bytes  INTEGER NOT NULL,              -- this size
    modified_at INTEGER NOT NULL               -- and time, µs since 1970
) STRICT;
