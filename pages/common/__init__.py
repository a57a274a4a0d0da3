"""What several pages share: the address, the sidebar, the caches, words for heads and errors."""
