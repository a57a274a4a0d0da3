"""Bounded caches, keyed by clip, weights, ablation and device."""
