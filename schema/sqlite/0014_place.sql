-- Where this workstation's database was last opened: a copy of it elsewhere is
-- another workstation.
-- Class: private.
ALTER TABLE sync_state ADD COLUMN place TEXT;  -- JSON; absent: not known yet
