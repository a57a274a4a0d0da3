"""The same values as `sct/model/`, faster: chosen by device and shape."""
