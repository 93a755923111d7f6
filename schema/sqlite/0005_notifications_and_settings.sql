-- What a person should know, until dismissed.
-- Class: private.
CREATE TABLE notification (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,                 -- µs since 1970, UTC
    level   TEXT    NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    topic   TEXT    NOT NULL,
    facts   TEXT    NOT NULL,                 -- JSON object
    subject TEXT,                             -- JSON
    read    INTEGER NOT NULL DEFAULT 0 CHECK (read IN (0, 1))
) STRICT;

CREATE INDEX notification_by_level ON notification (level);
CREATE INDEX notification_unread ON notification (read) WHERE read = 0;

-- What a person set, by name.
-- Class: private.
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL                       -- JSON
) STRICT;
