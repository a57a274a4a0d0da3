"""How far apart the frames of a clip may be."""

LEAST_STRIDE_S = 0.001  # no camera is as fast, and a video would have windows without end
MAX_STRIDE_S = 10.0
