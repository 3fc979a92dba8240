-- How much of what a site's pages should give they gave in a run: what a later run is measured by.
CREATE TABLE fill (
  site_id INTEGER NOT NULL REFERENCES site (id),
  run_id INTEGER NOT NULL REFERENCES run (id),
  -- Visits of pages that gave an item or had one before; those that gave one; those whose body was the
  -- last one, so that they were not read.
  pages INTEGER NOT NULL DEFAULT 0,
  items INTEGER NOT NULL DEFAULT 0,
  unchanged INTEGER NOT NULL DEFAULT 0,
  -- Of the items read, those that are products; of these, those that had the field.
  products INTEGER NOT NULL DEFAULT 0,
  unchanged_products INTEGER NOT NULL DEFAULT 0,
  name INTEGER NOT NULL DEFAULT 0,
  price INTEGER NOT NULL DEFAULT 0,
  availability INTEGER NOT NULL DEFAULT 0,
  brand INTEGER NOT NULL DEFAULT 0,
  sku INTEGER NOT NULL DEFAULT 0,
  images INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, run_id)
) STRICT, WITHOUT ROWID;
