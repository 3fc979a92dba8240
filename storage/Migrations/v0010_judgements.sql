-- What people said of two pictures, whatever recognition says. Pictures are named by their bytes: those that
-- leave or were never fetched stay judged.
CREATE TABLE judgement (
  first BLOB NOT NULL,            -- SHA-256, the smaller one
  second BLOB NOT NULL,
  is_same INTEGER NOT NULL,       -- 1 the same picture, 0 two
  judged_at INTEGER NOT NULL,
  PRIMARY KEY (first, second),
  CHECK (first < second)
) STRICT, WITHOUT ROWID;
CREATE INDEX judgement_second ON judgement (second);
