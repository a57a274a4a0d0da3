"""The Shifted Chunk Transformer: configuration, forward pass, ablation and trace."""
