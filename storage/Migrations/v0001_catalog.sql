-- The catalog, the frontier and the embedding jobs of one data folder.
-- Times are milliseconds since 1970 (UTC); money is a whole number of ten-thousandths.

CREATE TABLE site (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- A crawl from its first request to its last. One that did not finish is taken up again.
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  refresh INTEGER NOT NULL DEFAULT 0,
  resumed INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A scheme and authority: what robots.txt and politeness hold for.
CREATE TABLE host (
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL UNIQUE,
  robots_status INTEGER,
  robots_body BLOB,
  robots_fetched_at INTEGER,
  parked_until INTEGER NOT NULL DEFAULT 0,
  park_reason TEXT,
  -- How often a sitemap's lastmod announced a change, and was right or wrong.
  claims_right INTEGER NOT NULL DEFAULT 0,
  claims_wrong INTEGER NOT NULL DEFAULT 0
) STRICT;

-- How well the addresses of one shape pay: the guard against endless pages.
CREATE TABLE template (
  id INTEGER PRIMARY KEY,
  site_id INTEGER NOT NULL REFERENCES site (id),
  pattern TEXT NOT NULL,
  fetched INTEGER NOT NULL DEFAULT 0,
  productive INTEGER NOT NULL DEFAULT 0,
  -- Fetches since the last productive one that led to new addresses, all of them kin.
  streak INTEGER NOT NULL DEFAULT 0,
  UNIQUE (site_id, pattern)
) STRICT;

-- Every address that was ever seen, whether it may be fetched or not.
CREATE TABLE frontier (
  id INTEGER PRIMARY KEY,
  url TEXT NOT NULL UNIQUE,
  site_id INTEGER NOT NULL REFERENCES site (id),
  host_id INTEGER NOT NULL REFERENCES host (id),
  kind INTEGER NOT NULL,          -- 0 sitemap, 1 listing, 2 page, 3 image
  state INTEGER NOT NULL,         -- 0 new, 1 fetched, 2 redirected, 3 missing, 4 refused, 5 failed
  depth INTEGER NOT NULL,
  hops INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL,
  leased_by INTEGER,              -- the run that holds it
  attempts INTEGER NOT NULL DEFAULT 0,
  discovered_at INTEGER NOT NULL,
  fetched_at INTEGER,
  changed_at INTEGER,
  revisit_after INTEGER,          -- milliseconds
  claimed_at INTEGER,             -- a sitemap's lastmod
  status INTEGER,                 -- of the last response
  entity_tag TEXT,
  last_modified TEXT,
  body_hash INTEGER,
  reason TEXT,                    -- of a refusal or a failure
  target_id INTEGER REFERENCES frontier (id),  -- of a redirect or rel=canonical
  image_id INTEGER REFERENCES image (id)
) STRICT;
CREATE INDEX frontier_due ON frontier (host_id, kind, due_at, id) WHERE leased_by IS NULL;
CREATE INDEX frontier_leased ON frontier (leased_by) WHERE leased_by IS NOT NULL;
CREATE INDEX frontier_image ON frontier (image_id) WHERE image_id IS NOT NULL;

CREATE TABLE item (
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,          -- 0 product, 1 post, 2 creator
  address_id INTEGER NOT NULL UNIQUE REFERENCES frontier (id),
  site_id INTEGER NOT NULL REFERENCES site (id),
  run_id INTEGER NOT NULL REFERENCES run (id),  -- that first saw it
  is_gone INTEGER NOT NULL DEFAULT 0,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  name TEXT,                      -- of a product or creator
  brand TEXT,
  retailer TEXT,
  category TEXT,
  sku TEXT,
  gtin TEXT,
  color TEXT,
  description TEXT,               -- of a product; a post's caption; a creator's biography
  price INTEGER,
  list_price INTEGER,
  currency TEXT,
  availability TEXT,
  handle TEXT,                    -- of a creator
  published TEXT,                 -- of a post
  hashtags TEXT,                  -- of a post, separated by a space
  creator_id INTEGER REFERENCES frontier (id),  -- of a post
  evidence TEXT NOT NULL          -- a JSON array
) STRICT;
CREATE INDEX item_fresh ON item (kind, first_seen, id);
CREATE INDEX item_creator ON item (creator_id) WHERE creator_id IS NOT NULL;

-- What a shop asked, one row a change.
CREATE TABLE offer (
  id INTEGER PRIMARY KEY,
  item_id INTEGER NOT NULL REFERENCES item (id),
  observed_at INTEGER NOT NULL,
  price INTEGER,
  list_price INTEGER,
  currency TEXT,
  availability TEXT
) STRICT;
CREATE INDEX offer_item ON offer (item_id, observed_at);

CREATE TABLE variant (
  item_id INTEGER NOT NULL REFERENCES item (id),
  position INTEGER NOT NULL,
  sku TEXT,
  gtin TEXT,
  color TEXT,
  size TEXT,
  address_id INTEGER REFERENCES frontier (id),  -- of its picture
  price INTEGER,
  list_price INTEGER,
  currency TEXT,
  availability TEXT,
  PRIMARY KEY (item_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX variant_address ON variant (address_id) WHERE address_id IS NOT NULL;

-- The pictures an item shows, in its order.
CREATE TABLE item_image (
  item_id INTEGER NOT NULL REFERENCES item (id),
  position INTEGER NOT NULL,
  address_id INTEGER NOT NULL REFERENCES frontier (id),
  run_id INTEGER NOT NULL,        -- that first saw the item show this address
  PRIMARY KEY (item_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_image_address ON item_image (address_id);

-- What leads from a post to its products and from a creator to their posts.
CREATE TABLE tag (
  item_id INTEGER NOT NULL REFERENCES item (id),
  position INTEGER NOT NULL,
  address_id INTEGER NOT NULL REFERENCES frontier (id),
  PRIMARY KEY (item_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_address ON tag (address_id);

-- What changed, in the order in which it was found out: the id is the cursor.
CREATE TABLE event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  item_id INTEGER NOT NULL REFERENCES item (id),
  run_id INTEGER NOT NULL REFERENCES run (id),
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  old TEXT,
  new TEXT
) STRICT;
CREATE UNIQUE INDEX event_once ON event (item_id, kind, run_id);

-- A picture by its bytes. Pictures of one group are the same picture.
CREATE TABLE image (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,      -- SHA-256
  format TEXT NOT NULL,
  byte_count INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  fingerprint BLOB NOT NULL,
  group_id INTEGER NOT NULL,      -- the smallest image id of the group
  fetched_at INTEGER NOT NULL
) STRICT;
CREATE INDEX image_group ON image (group_id);

CREATE TABLE model (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  dimension INTEGER NOT NULL
) STRICT;

-- The embedding jobs: a picture and a model.
CREATE TABLE embedding (
  model_id INTEGER NOT NULL REFERENCES model (id),
  image_id INTEGER NOT NULL REFERENCES image (id),
  state INTEGER NOT NULL,         -- 0 queued, 1 done, 2 failed
  leased_until INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  done_at INTEGER,
  reason TEXT,
  PRIMARY KEY (model_id, image_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX embedding_queued ON embedding (model_id, image_id) WHERE state = 0;
