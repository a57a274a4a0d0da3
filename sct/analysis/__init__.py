"""Questions to one trace: displacement, offsets, rollout, optical flow, recall of LSH."""
