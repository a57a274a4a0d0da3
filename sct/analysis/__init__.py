"""Analyses of one trace: displacement, offsets, rollout, optical flow, recall of LSH."""
