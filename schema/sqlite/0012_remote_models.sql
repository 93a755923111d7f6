-- Models that answer elsewhere, behind OpenAI-compatible endpoints. No key: that
-- is in the keyring, which a colleague's workstation has not.
-- Class: private.
CREATE TABLE remote_model (
    id             TEXT    NOT NULL PRIMARY KEY, -- "remote:" and a UUIDv7
    name           TEXT    NOT NULL,
    base_url       TEXT    NOT NULL,       -- without a slash at its end
    model          TEXT    NOT NULL,       -- what the endpoint calls it
    context_length INTEGER,                -- tokens, as a person knows them
    has_key        INTEGER NOT NULL CHECK (has_key IN (0, 1)),
    changed_at     INTEGER NOT NULL        -- µs since 1970, UTC
) STRICT;

-- Where a run was answered, and what was not sent: JSON; absent: here. Private.
ALTER TABLE prompt_history ADD COLUMN remote TEXT;
