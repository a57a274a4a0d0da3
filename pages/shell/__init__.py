"""What frames every page: router, sidebar, theme, glossary, exports."""
