"""The page LSH buckets."""
