import pytest

VIEW = {
    "sample": "roll clockwise",
    "scene": "12",
    "stage": "3",
    "mode": "motion",
    "head": "1",
    "frame": "5",
    "patch3": "1,6",
    "look": "in",
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
    "mode": "<b>",
    "look": "9",
    "everywhere": "maybe",
}


def test_a_link_opens_the_same_view(open_app, player, chosen):
    at = open_app("attention", **VIEW)
    assert chosen(at) == VIEW["sample"]
    for key in ("stage", "ablate"):
        assert at.get_by_key(key).value == VIEW[key]
    assert at.number_input(key="scene").value == 12
    view = player(at)[0]["view"]
    assert view == {
        "mode": "motion",
        "frame": 5,
        "head": "1",
        "row": 1,
        "column": 6,
        "look": "in",
        "round": 0,
        "pinned": True,
        "edit": 0,
    }
    assert {k: at.query_params[k] for k in VIEW} == VIEW
    assert not at.warning


@pytest.mark.parametrize("page", ["attention", "buckets", "ablation", "motion_lab"])
def test_hostile_links_never_crash_a_page(page, open_app):
    at = open_app(
        page, **HOSTILE, ablate="x=y", start="nan", stride="1e999", patch1="9,99", token1="é"
    )
    assert at.title


@pytest.mark.parametrize("key", ["sample", "scene", "model", "source", "everywhere"])
def test_what_a_link_asks_in_vain_is_said(key, open_app, notices):
    at = open_app(**{key: HOSTILE[key]})
    (notice,) = notices(at)
    said = notice.value
    assert "Not all of this link could be followed" in said
    assert "<script>" not in said
    at.run()
    assert not notices(at)


def test_a_view_that_cannot_be_had_is_said(open_app, player):
    at = open_app("attention", head="<img>", frame="99", patch2="7,0", mode="x")
    header, _ = player(at)
    assert (header["view"]["frame"], header["view"]["head"]) == (3, "grounded")
    said = at.warning[0].value
    for label in ("Head", "Patch", "Mode"):
        assert f"{label}: " in said
    assert "<img>" not in said
    assert "Frame: " in open_app("inspect", frame="99").warning[0].value


@pytest.mark.parametrize(
    "told",
    [
        None,
        "view",
        {"frame": "3"},
        {"frame": -1, "row": 1e9, "column": "x", "head": ["0"]},
        {"frame": float("nan"), "head": {"a": 1}, "mode": "x" * 10_000, "edit": -5},
    ],
)
def test_whatever_the_browser_says_of_its_view_the_page_stands(told, open_app, check, player):
    from pages.state import url_values

    at = open_app("attention")
    fields = {"mode": "mode", "frame": "frame", "head": "head", "patch": "patch2"}

    state = {"_url_values": dict(at.session_state["_url_values"])}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(url_values.st, "session_state", state)
        url_values.store("attention_player", told, fields)
    at.session_state["_url_values"] = state["_url_values"]
    view = player(check(at.run()))[0]["view"]
    assert view["mode"] in ("maps", "motion") and view["head"] == "grounded"
    assert 0 <= view["frame"] < 8 and view["edit"] >= 0


@pytest.mark.parametrize("value", ["1e999", "nan", "-inf", "1e400", "9" * 400])
def test_numbers_without_end_are_said_and_replaced(value, open_app, player):
    at = open_app(scene=value)
    assert "Scene" in at.warning[0].value and at.number_input(key="scene").value == 8
    at = open_app("attention", frame=value)
    assert player(at)[0]["view"]["frame"] == 3


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
