-- What came as a picture (kind 3) and was not kept, by its reason.
CREATE INDEX frontier_unusable ON frontier (reason) WHERE kind = 3 AND state = 1 AND reason IS NOT NULL;
