"""HTML fragments: tables, predictions, comparisons."""
