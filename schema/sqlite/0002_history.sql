-- The history for a million runs: ordered by position, searched by words,
-- filtered and sorted along indexes.
-- Class: append-only (a row is completed once, rated and tagged by a person, and
-- then only deleted); prompt_start is derived.
CREATE TABLE prompt_history_2 (
    position       INTEGER NOT NULL PRIMARY KEY,  -- started_at, raised by one until free
    id             TEXT    NOT NULL UNIQUE,       -- UUIDv7
    started_at     INTEGER NOT NULL,              -- µs since 1970, UTC
    deletion       INTEGER,                       -- µs, one for all that went together; removed after the next start
    model_id       TEXT    NOT NULL,
    model_name     TEXT    NOT NULL,
    mode_id        TEXT,
    mode_name      TEXT,
    streamed       INTEGER NOT NULL CHECK (streamed IN (0, 1)),
    outcome        TEXT    NOT NULL
        CHECK (outcome IN ('running', 'completed', 'stopped', 'failed', 'interrupted')),
    finish_reason  TEXT
        CHECK (finish_reason IN ('stop', 'length', 'cancelled')),
    total_ms       REAL,
    ttft_ms        REAL,
    tokens_per_s   REAL,
    tokens_in      INTEGER,
    tokens_out     INTEGER,
    cost_amount    REAL,
    cost_currency  TEXT,                          -- ISO 4217
    cost_priced_at INTEGER,                       -- µs
    rating         INTEGER CHECK (rating BETWEEN 1 AND 5),
    tags           TEXT    NOT NULL DEFAULT '[]', -- JSON array of texts, sorted
    prompt_start   TEXT    NOT NULL,              -- the first 200 characters of prompt
    parameters     TEXT    NOT NULL,              -- JSON
    error          TEXT,                          -- JSON {code, message, details}
    -- The long texts stand last: a list's row is read without them.
    prompt         TEXT    NOT NULL,
    answer         TEXT    NOT NULL DEFAULT ''
) STRICT;

-- Runs that share a microsecond stand in the order of their identifiers: each
-- comes at its own moment, or one after the run before it.
INSERT INTO prompt_history_2 (position, id, started_at, deletion, model_id, model_name, streamed,
    outcome, finish_reason, total_ms, ttft_ms, tokens_per_s, tokens_in, tokens_out, prompt_start,
    parameters, error, prompt, answer)
SELECT place + max(started_at - place) OVER (ORDER BY place), id, started_at, deleted_at, model_id,
    model_name, 1, outcome, finish_reason, total_ms, ttft_ms, tokens_per_s, tokens_in, tokens_out,
    substr(prompt, 1, 200),
    json_object('temperature', temperature, 'top_p', top_p, 'max_tokens', max_tokens, 'seed', seed),
    error, prompt, answer
FROM (SELECT *, row_number() OVER (ORDER BY started_at, id) AS place FROM prompt_history)
ORDER BY place;

DROP TABLE prompt_history;
ALTER TABLE prompt_history_2 RENAME TO prompt_history;

-- What filters and orders ask of a run, without its texts: in the order of
-- position for those that are not deleted, and by deletion for the others.
CREATE INDEX prompt_history_facts ON prompt_history (deletion, position, model_id, mode_id,
    outcome, rating, total_ms, ttft_ms, tokens_per_s, tokens_out);

-- Every index ends in the rowid, which is position: equal values stand in the
-- order of time. Measures stand by model, since they depend on it: the runs of
-- the slowest model would all come last. The order of all is merged from these.
CREATE INDEX prompt_history_by_model ON prompt_history (model_id) WHERE deletion IS NULL;
CREATE INDEX prompt_history_by_mode ON prompt_history (mode_id) WHERE deletion IS NULL;
CREATE INDEX prompt_history_by_outcome ON prompt_history (outcome) WHERE deletion IS NULL;
CREATE INDEX prompt_history_by_rating ON prompt_history (rating) WHERE deletion IS NULL;
CREATE INDEX prompt_history_by_total_ms ON prompt_history (model_id, total_ms)
    WHERE deletion IS NULL;
CREATE INDEX prompt_history_by_ttft_ms ON prompt_history (model_id, ttft_ms)
    WHERE deletion IS NULL;
CREATE INDEX prompt_history_by_tokens_per_s ON prompt_history (model_id, tokens_per_s)
    WHERE deletion IS NULL;
CREATE INDEX prompt_history_by_tokens_out ON prompt_history (model_id, tokens_out)
    WHERE deletion IS NULL;

-- The tags of prompt_history.tags, one row each, of deleted runs too.
-- Class: derived.
CREATE TABLE run_tag (
    tag      TEXT    NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (tag, position)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER prompt_history_tags_of_new AFTER INSERT ON prompt_history
WHEN new.tags <> '[]'
BEGIN
    INSERT INTO run_tag SELECT value, new.position FROM json_each(new.tags);
END;

CREATE TRIGGER prompt_history_tags_changed AFTER UPDATE OF tags ON prompt_history
WHEN new.tags <> old.tags
BEGIN
    DELETE FROM run_tag
        WHERE position = old.position AND tag IN (SELECT value FROM json_each(old.tags));
    INSERT INTO run_tag SELECT value, new.position FROM json_each(new.tags);
END;

CREATE TRIGGER prompt_history_tags_of_gone AFTER DELETE ON prompt_history
WHEN old.tags <> '[]'
BEGIN
    DELETE FROM run_tag
        WHERE position = old.position AND tag IN (SELECT value FROM json_each(old.tags));
END;

-- What is indexed of a run: prompt and answer as one text, Arabic without vowel
-- signs and tatweel, each alef as the bare one, alef maksura as yeh and teh
-- marbuta as heh, which people write one for the other. A search is folded the
-- same way (`store::history::arabic`). Only texts with Arabic letters have the
-- bytes looked for, and only those are folded.
CREATE VIEW run_words AS
SELECT position, CASE WHEN instr(CAST(text AS BLOB), x'D8') OR instr(CAST(text AS BLOB), x'D9')
    THEN
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(text,
        char(1600), ''), char(1611), ''), char(1612), ''), char(1613), ''), char(1614), ''),
        char(1615), ''), char(1616), ''), char(1617), ''), char(1618), ''), char(1619), ''),
        char(1620), ''), char(1621), ''), char(1648), ''), char(1570), char(1575)),
        char(1571), char(1575)), char(1573), char(1575)), char(1649), char(1575)),
        char(1609), char(1610)), char(1577), char(1607))
    ELSE text END AS words
FROM (SELECT position, prompt || char(10) || answer AS text FROM prompt_history);

-- The words of runs that have ended, of deleted ones too. Which rows a word is
-- in, not where in them (detail=none): a search is for words, not phrases, and
-- this is a third of the size. Beginnings of up to five characters are words of
-- their own: for any other one FTS5 reads every run that holds it before it
-- gives the first.
-- Class: derived.
CREATE VIRTUAL TABLE run_text USING fts5 (
    words, content = 'run_words', content_rowid = 'position',
    tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3 4 5',
    detail = none, columnsize = 0
);
-- Parts of the index are merged eight at a time, little by little: words are
-- written less often than with FTS5's own four, and searches take no longer.
INSERT INTO run_text (run_text, rank) VALUES ('automerge', 8);
INSERT INTO run_text (rowid, words) SELECT position, words FROM run_words
    WHERE position IN (SELECT position FROM prompt_history WHERE outcome <> 'running');

-- The words of the index themselves. Class: derived.
CREATE VIRTUAL TABLE run_word USING fts5vocab (run_text, instance);

CREATE TRIGGER prompt_history_text_of_new AFTER INSERT ON prompt_history
WHEN new.outcome <> 'running'
BEGIN
    INSERT INTO run_text (rowid, words)
        SELECT position, words FROM run_words WHERE position = new.position;
END;

CREATE TRIGGER prompt_history_text_ended AFTER UPDATE OF outcome, prompt, answer ON prompt_history
WHEN old.outcome = 'running' AND new.outcome <> 'running'
BEGIN
    INSERT INTO run_text (rowid, words)
        SELECT position, words FROM run_words WHERE position = new.position;
END;

-- The index takes words out by the text they came from: before it changes.
CREATE TRIGGER prompt_history_text_changing BEFORE UPDATE OF outcome, prompt, answer ON prompt_history
WHEN old.outcome <> 'running' AND (old.prompt <> new.prompt OR old.answer <> new.answer)
BEGIN
    INSERT INTO run_text (run_text, rowid, words)
        SELECT 'delete', position, words FROM run_words WHERE position = old.position;
END;

CREATE TRIGGER prompt_history_text_changed AFTER UPDATE OF outcome, prompt, answer ON prompt_history
WHEN old.outcome <> 'running' AND (old.prompt <> new.prompt OR old.answer <> new.answer)
BEGIN
    INSERT INTO run_text (rowid, words)
        SELECT position, words FROM run_words WHERE position = new.position;
END;

CREATE TRIGGER prompt_history_text_of_going BEFORE DELETE ON prompt_history
WHEN old.outcome <> 'running'
BEGIN
    INSERT INTO run_text (run_text, rowid, words)
        SELECT 'delete', position, words FROM run_words WHERE position = old.position;
END;
