-- Which pages a listing or sitemap led to when it was last read.
CREATE TABLE listed (
  listing_id INTEGER NOT NULL REFERENCES frontier (id),
  address_id INTEGER NOT NULL REFERENCES frontier (id),
  PRIMARY KEY (listing_id, address_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX listed_address ON listed (address_id);
