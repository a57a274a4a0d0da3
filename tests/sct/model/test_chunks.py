import torch

from sct.model.chunks import ChunkPositions, merge, partition, sincos_positions


def test_partition_and_merge_are_inverse():
    x = torch.arange(2 * 3 * 14 * 14 * 2).view(2, 3, 14, 14, 2)
    chunks = partition(x, 7)
    assert chunks.shape == (2, 3, 4, 49, 2)
    assert torch.equal(merge(chunks, 7, 14), x)


def test_chunks_and_tokens_are_row_major():
    x = torch.arange(196).view(1, 1, 14, 14, 1)
    chunks = partition(x, 7)[0, 0, :, :, 0]
    assert chunks[1, 0] == 7 and chunks[2, 0] == 7 * 14 and chunks[0, 8] == 15


def test_positions_start_with_ramps_of_x_and_y():
    table = sincos_positions(7, 32).view(7, 7, 32)
    x, y = table[..., 0], table[..., 1]
    torch.testing.assert_close(x.diff(dim=1), torch.full((7, 6), 1 / 6))
    torch.testing.assert_close(y.diff(dim=0), torch.full((6, 7), 1 / 6))
    assert x.diff(dim=0).abs().max() == 0 and y.diff(dim=1).abs().max() == 0


def test_positions_are_the_same_in_every_chunk():
    added = ChunkPositions(7, 8)(torch.zeros(1, 1, 14, 14, 8))
    assert torch.equal(added[:, :, :7, :7], added[:, :, 7:, 7:])
