import pytest

VIEW = {
    "sample": "roll clockwise",
    "scene": "12",
    "stage": "3",
    "head": "◆ 1 grounded",
    "frame": "5",
    "patch3": "1,6",
    "arrows": "x4",
    "ablate": "lsh=full",
}
HOSTILE = {
    "source": "zzz",
    "sample": "<script>alert(1)</script>",
    "scene": "-5",
    "model": "../../etc/passwd",
    "stage": "99",
    "head": "zzz",
    "frame": "1000",
    "round": "5",
    "lsh_head": "-1",
    "arrows": "x9",
    "truth": "2",
    "everywhere": "maybe",
}


def test_a_link_opens_the_same_view(open_app, panels):
    at = open_app("attention", **VIEW)
    for key in ("sample", "stage", "head", "arrows", "patch3", "ablate"):
        assert at.get_by_key(key).value == VIEW[key]
    assert (at.number_input(key="scene").value, at.slider(key="frame").value) == (12, 5)
    first = panels(at)["panels"][0]
    assert first["selected"] == [1, 6] and first["title"].startswith("Frame 5")
    assert {k: at.query_params[k] for k in VIEW} == VIEW
    assert not at.warning


@pytest.mark.parametrize("page", ["attention", "buckets", "ablation"])
def test_hostile_links_never_crash_a_page(page, open_app):
    at = open_app(
        page, **HOSTILE, ablate="x=y", start="nan", stride="1e999", patch1="9,99", token1="é"
    )
    assert at.title


@pytest.mark.parametrize("key", ["sample", "scene", "model", "source", "everywhere"])
def test_what_a_link_asks_in_vain_is_said(key, open_app):
    at = open_app(**{key: HOSTILE[key]})
    assert len(at.warning) == 1
    said = at.warning[0].value
    assert "Not all of this link could be followed" in said
    assert "<script>" not in said
    at.run()
    assert not at.warning


@pytest.mark.parametrize("value", ["1e999", "nan", "-inf", "1e400", "9" * 400])
def test_numbers_without_end_are_said_and_replaced(value, open_app):
    at = open_app(scene=value)
    assert "Scene" in at.warning[0].value and at.number_input(key="scene").value == 8
    at = open_app("attention", frame=value)
    assert at.slider(key="frame").value == 3


@pytest.mark.parametrize("value", ["", "x" * 20_000, "\x00", "%00", "🎬", "1" * 400])
def test_odd_values_in_every_field(value, open_app):
    keys = [*HOSTILE, "ablate", "start", "stride", "patch1", "token1"]
    at = open_app("attention", **dict.fromkeys(keys, value))
    assert all(len(w.value) < 4000 for w in at.warning)


def test_a_link_made_with_an_upload_asks_for_it(open_app):
    at = open_app(source="Upload", stride="0.2", start="1.5")
    assert "cannot carry an upload" in at.info[0].value
    assert at.number_input(key="stride").value == 0.2
    assert at.number_input(key="start").value == 1.5
