"""Lists of videos: tables, columns, and what stands in them."""
