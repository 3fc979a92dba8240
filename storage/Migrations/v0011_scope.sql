-- Which scope has judged a site's addresses, in words: under another one what was kept out is judged anew.
ALTER TABLE site ADD COLUMN scope TEXT;
