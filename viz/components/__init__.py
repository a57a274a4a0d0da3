"""Browser components, one folder each."""
