import pytest

from sct.collection.looking import Look, Looker
from tests.sct.collection.films import small_model, write_film


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    return small_model(tmp_path_factory.mktemp("models") / "small.safetensors")


@pytest.fixture(scope="session")
def films(tmp_path_factory):
    """Six videos of 2 to 4 seconds, one with cuts, and two files that are none."""
    folder = tmp_path_factory.mktemp("films")
    for seed in range(5):
        write_film(folder / f"{'pan left/' * (seed % 2)}f{seed}.mp4", seed, 20 + 5 * seed)
    write_film(folder / "cut.mp4", 9, 30, (11, 14))
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "text.mp4").write_text("no video")
    return folder


@pytest.fixture(scope="session")
def looker(checkpoint):
    return Looker(Look(str(checkpoint), ("shifted=self", "clip=mean")), "cpu")
