-- The category that the pictures most like it have, where no product says what it shows.
ALTER TABLE image ADD COLUMN looks_like TEXT;
CREATE INDEX image_looks_like ON image (looks_like) WHERE looks_like IS NOT NULL;
