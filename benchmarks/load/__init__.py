"""Many people at once: what the app answers them, how soon, and what memory it keeps."""
