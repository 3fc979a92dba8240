-- What finds boxes in pictures: weights and card.
CREATE TABLE detector (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- The detection jobs: which detector looked at a picture last, or is to.
CREATE TABLE detection (
  image_id INTEGER PRIMARY KEY REFERENCES image (id),
  detector_id INTEGER NOT NULL REFERENCES detector (id),
  state INTEGER NOT NULL,         -- 0 queued, 1 done, 2 failed
  attempts INTEGER NOT NULL DEFAULT 0,
  done_at INTEGER,
  reason TEXT
) STRICT;
CREATE INDEX detection_queued ON detection (image_id) WHERE state = 0;

-- A part of a picture, in fractions of its sides. The place of a box never changes: one that is moved
-- is another one. Its id is a key of the vector indexes, so none is given twice.
CREATE TABLE box (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  image_id INTEGER NOT NULL REFERENCES image (id),
  x REAL NOT NULL CHECK (x >= 0),
  y REAL NOT NULL CHECK (y >= 0),
  width REAL NOT NULL CHECK (width >= 0.01 AND x + width <= 1.000001),
  height REAL NOT NULL CHECK (height >= 0.01 AND y + height <= 1.000001),
  name TEXT NOT NULL CHECK (length(name) <= 100),
  score REAL CHECK (score BETWEEN 0 AND 1),
  detector_id INTEGER REFERENCES detector (id),  -- that saw it; NULL where a person drew it
  is_edited INTEGER NOT NULL,     -- a person drew or named it
  state INTEGER NOT NULL,         -- 0 stands, 1 taken away by a person, 2 no longer seen
  revision INTEGER NOT NULL UNIQUE,  -- when it changed last, by the count of all boxes' changes
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX box_image ON box (image_id);
CREATE INDEX box_lost ON box (id) WHERE state = 2;
CREATE UNIQUE INDEX box_once ON box (image_id, x, y, width, height, name) WHERE state = 0;

-- How often a box of any picture has changed: one row. Rows of `box` leave, so their greatest would not do.
CREATE TABLE box_revision (
  last INTEGER NOT NULL
) STRICT;
INSERT INTO box_revision VALUES (0);

-- The embedding jobs of boxes: a box and a model.
CREATE TABLE box_vector (
  model_id INTEGER NOT NULL REFERENCES model (id),
  box_id INTEGER NOT NULL REFERENCES box (id),
  state INTEGER NOT NULL,         -- 0 queued, 1 done, 2 failed, 3 to be taken out of the index
  attempts INTEGER NOT NULL DEFAULT 0,
  done_at INTEGER,
  reason TEXT,
  PRIMARY KEY (model_id, box_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX box_vector_box ON box_vector (box_id);
CREATE INDEX box_vector_queued ON box_vector (model_id, box_id) WHERE state = 0;
CREATE INDEX box_vector_leaving ON box_vector (model_id, box_id) WHERE state = 3;
