-- All kinds of items, freshest first.
CREATE INDEX item_seen ON item (first_seen, id);

-- What was redirected to an address.
CREATE INDEX frontier_target ON frontier (target_id) WHERE target_id IS NOT NULL;
