"""Videos to learn from and to measure on. `sct.datasets.dataset` opens them."""
