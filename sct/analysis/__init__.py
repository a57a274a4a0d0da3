"""Questions to one trace: offsets, rollout, optical flow, recall of LSH."""
