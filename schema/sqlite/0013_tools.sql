-- Conversations hold what functions gave back, too.
-- Class: private.
CREATE TABLE chat_message_new (
    id          TEXT    NOT NULL PRIMARY KEY,     -- UUIDv7
    chat_id     TEXT    NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    parent_id   TEXT,
    role        TEXT    NOT NULL CHECK (role IN ('user', 'assistant', 'tool')),
    text        TEXT    NOT NULL,
    attachments TEXT    NOT NULL DEFAULT '[]',    -- JSON
    run_id      TEXT,                             -- in prompt_history
    -- An answer under way: its run's answer is still to be put behind its text.
    open        INTEGER NOT NULL DEFAULT 0 CHECK (open IN (0, 1)),
    created_at  INTEGER NOT NULL
) STRICT;

INSERT INTO chat_message_new
    SELECT id, chat_id, parent_id, role, text, attachments, run_id, open, created_at
    FROM chat_message;
DROP TABLE chat_message;
ALTER TABLE chat_message_new RENAME TO chat_message;

CREATE INDEX chat_message_by_chat ON chat_message (chat_id, id);
CREATE INDEX chat_message_open ON chat_message (chat_id) WHERE open = 1;

-- The chat template a run was made with, where it was not the model's own.
ALTER TABLE prompt_history ADD COLUMN chat_template TEXT;
