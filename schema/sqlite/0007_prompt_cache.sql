-- Whether a run's answer came from the prompt cache, and which prompts come
-- again, so that the cache is warm after a start.

ALTER TABLE prompt_history ADD COLUMN cache TEXT CHECK (cache IN ('hit', 'miss'));

-- Class: private.
CREATE TABLE prompt_cache (
    key     BLOB    NOT NULL PRIMARY KEY,  -- SHA-256 of all that decides the answer
    run_id  TEXT    NOT NULL,              -- the run that computed it
    uses    INTEGER NOT NULL,              -- how often it was asked
    used_at INTEGER NOT NULL               -- µs, the last time
) STRICT, WITHOUT ROWID;

CREATE INDEX prompt_cache_by_use ON prompt_cache (used_at);
