-- What a picture shows at a glance; NULL where it was not looked at.
ALTER TABLE image ADD COLUMN colours INTEGER;  -- a bit for each named colour
ALTER TABLE image ADD COLUMN shot INTEGER;     -- of a product on a plain ground, 0 to 100
