-- Conversations: a tree of messages each, of which one branch is shown.
-- Class: private.
CREATE TABLE chat (
    id             TEXT    NOT NULL PRIMARY KEY,  -- UUIDv7
    title          TEXT    NOT NULL,              -- empty until the first message
    model_id       TEXT,
    mode_id        TEXT,
    parameters     TEXT    NOT NULL,              -- JSON, over those of mode and model
    context_policy TEXT    NOT NULL
        CHECK (context_policy IN ('refuse', 'rolling', 'truncate_middle')),
    leaf_id        TEXT,                          -- the last message of the branch that is shown
    created_at     INTEGER NOT NULL,              -- µs since 1970, UTC
    updated_at     INTEGER NOT NULL,
    deletion       INTEGER                        -- µs, one for all that went together; removed at the next start
) STRICT;

CREATE INDEX chat_by_update ON chat (updated_at, id) WHERE deletion IS NULL;

-- Messages with the same parent are versions of each other.
-- Class: private.
CREATE TABLE chat_message (
    id          TEXT    NOT NULL PRIMARY KEY,     -- UUIDv7
    chat_id     TEXT    NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    parent_id   TEXT,
    role        TEXT    NOT NULL CHECK (role IN ('user', 'assistant')),
    text        TEXT    NOT NULL,
    attachments TEXT    NOT NULL DEFAULT '[]',    -- JSON
    run_id      TEXT,                             -- in prompt_history
    -- An answer under way: its run's answer is still to be put behind its text.
    open        INTEGER NOT NULL DEFAULT 0 CHECK (open IN (0, 1)),
    created_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX chat_message_by_chat ON chat_message (chat_id, id);
CREATE INDEX chat_message_open ON chat_message (chat_id) WHERE open = 1;

-- In which conversation a run was made, and what was left out of it.
ALTER TABLE prompt_history ADD COLUMN chat_id TEXT;
ALTER TABLE prompt_history ADD COLUMN context TEXT;  -- JSON
