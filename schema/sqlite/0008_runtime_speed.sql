-- How fast each runtime was with a model on this machine, the latest measure of
-- each; one whose files have changed since counts no more.
-- Class: private (it is this machine's).
CREATE TABLE runtime_speed (
    model_id             TEXT    NOT NULL,
    runtime              TEXT    NOT NULL,
    size_bytes           INTEGER NOT NULL,     -- of its files, as they were with
    modified_at          INTEGER NOT NULL,     -- this time, µs since 1970
    prefill_tokens_per_s REAL    NOT NULL,
    decode_tokens_per_s  REAL    NOT NULL,
    measured_at          INTEGER NOT NULL,     -- µs since 1970, UTC
    device               TEXT    NOT NULL,     -- in words, with its threads
    PRIMARY KEY (model_id, runtime)
) STRICT, WITHOUT ROWID;

-- Which runtime answered a run; absent for those from before there were two.
ALTER TABLE prompt_history ADD COLUMN runtime TEXT;
