"""The page Ablation."""
