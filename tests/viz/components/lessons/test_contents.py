"""What the demo of hashing is told is what the model did."""

import numpy as np
import pytest
import torch

from sct.model.hashing import hash_tokens, rotations
from sct.model.trace import within_reach
from viz.components.lessons.contents import hashing_message
from viz.components.player.message import sprite, unpack


@pytest.mark.parametrize("bucket_size", [4, 8, 16, 32, 64])
def test_the_reach_of_chunks_is_that_of_the_model(bucket_size):
    rng = torch.Generator().manual_seed(0)
    qk = torch.randn(64, 2, 6, generator=rng)
    chunks = 64 // bucket_size
    rotation = rotations(0, 1, 1, 2, 6, chunks)
    found = hash_tokens(qk[None, None], rotation, chunks)
    picture = sprite(np.zeros((1, 8, 8, 3), np.uint8))
    view = {"row": 0, "column": 0, "edit": 0}
    header, parts = unpack(hashing_message(picture, qk, rotation[:, :, 0], bucket_size, view))
    reach = header["reach"]
    assert len(reach) == chunks and all(seen[-1] == i for i, seen in enumerate(reach))
    for head in range(2):
        order = found.order[0, 0, head, 0]
        chunk = torch.empty(64, dtype=torch.int64)
        chunk[order] = torch.arange(64) // bucket_size
        told = [[int(key) in reach[int(query)] for key in chunk] for query in chunk]
        assert told == within_reach(order, bucket_size).tolist()
        if chunks > 1:
            both = np.concatenate([parts["projected"][head], -parts["projected"][head]], -1)
            assert both.argmax(-1).tolist() == found.buckets[0, 0, head, 0].tolist()
