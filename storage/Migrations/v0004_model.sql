-- Which model answers: the one that was put to use last.
ALTER TABLE model ADD COLUMN folder TEXT;      -- where it is loaded from
ALTER TABLE model ADD COLUMN used_at INTEGER;  -- when it was last put to use
