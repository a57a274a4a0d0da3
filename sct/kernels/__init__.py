"""Computes the same values as `sct/model/`, but faster; device and shape choose the way."""

# Here, without PyTorch beside it, since the help of `sct train` lists them.
PRECISIONS = ("auto", "float32", "bfloat16")
