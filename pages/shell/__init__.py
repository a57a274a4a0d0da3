"""The frame of every page: router, sidebar, theme, glossary, exports."""
