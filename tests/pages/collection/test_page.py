"""The page Collection: runs of a folder, filters that a link carries, and what goes wrong."""

import json

import pytest

from pages.collection.toolbar import ORDERS
from sct.collection.filters import Filter
from sct.collection.labels import Decision, add, path_of
from sct.collection.query import Rows
from sct.collection.runs import open_run
from tests.pages.test_bad_input import HOSTILE
from tests.sct.collection.made import header_of, write_run


def said(at):
    return " ".join(e.value for e in [*at.caption, *at.info, *at.markdown, *at.warning, *at.error])


def words(at):
    """The same without the signs that keep it from being Markdown."""
    return said(at).replace("\\", "")


@pytest.fixture
def opened(open_app):
    return lambda **query: open_app("collection", **query)


def test_without_a_folder_it_says_what_it_is_and_how_to_get_there(opened, monkeypatch):
    monkeypatch.delenv("SCT_COLLECTIONS", raising=False)
    at = opened()
    assert "python -m sct collection" in at.info[0].value and "SCT_COLLECTIONS" in at.info[0].value
    assert not at.error and len(at.title) == 1


def test_an_empty_folder_and_one_that_is_gone_are_said(opened, runs, tmp_path, monkeypatch):
    assert "no run in the folder" in opened().info[0].value
    monkeypatch.setenv("SCT_COLLECTIONS", str(tmp_path / "nowhere"))
    assert "cannot be read" in opened().error[0].value


def test_it_opens_on_the_least_sure_clips_of_the_newest_run(opened, runs, grid, bars):
    path = runs(rows=60, bad=2)
    at = opened()
    rows = Rows(open_run(path))
    wanted = rows.page("camera")
    header, parts = grid(at)
    assert [c["file"] for c in header["cards"]] == [row["file"] for row in wanted]
    assert [c["label"] for c in header["cards"]] == [row["label"] for row in wanted]
    assert len(parts) == 48 and (header["first"], header["total"]) == (0, 60)
    assert bars(at, "answers", "x") == list(rows.label_counts("camera").values())
    assert "60 windows of 6 files" in said(at) and "2 files could not be read" in said(at)
    assert not at.error and not at.warning


def test_a_link_opens_the_same_view(opened, runs, grid, bars):
    path = runs(rows=200)
    chosen = Filter(said=(("subject", "none"),), ranges=(("subject_probability", 0.3, 0.9),))
    at = opened(
        run="shoot",
        asks="subject",
        where=str(chosen),
        order="Most changed when switched off",
        p="1",
    )
    rows = Rows(open_run(path))
    wanted = rows.page("subject", chosen, "most changed")
    header, _ = grid(at)
    assert [c["file"] for c in header["cards"]] == [row["file"] for row in wanted]
    assert header["total"] == rows.count(chosen)
    assert [b.label.replace("\\", "") for b in at.button if "chip" in (b.key or "")] == [
        "subject: none",
        "subject probability: 0.3 to 0.9",
    ]
    # Each chart shows what the other parts leave.
    others = chosen.with_said("subject", ())
    assert bars(at, "answers", "x") == list(rows.label_counts("subject", others).values())
    assert sum(bars(at, "hist_subject_probability")) == rows.count(
        chosen.with_range("subject_probability", None)
    )
    assert at.query_params["where"] == str(chosen)


def test_chips_take_parts_of_the_filter_away(opened, runs, grid, check):
    runs(rows=200)
    chosen = Filter(said=(("camera", "static"), ("camera", "zoom in")), name="take")
    at = opened(where=str(chosen))
    before = grid(at)[0]["total"]
    chip = next(b for b in at.button if b.label.replace("\\", "") == "camera: static")
    chip.click()
    check(at.run())
    after = grid(at)[0]["total"]
    assert 0 < after < before
    at.button(key="clear").click()
    check(at.run())
    assert grid(at)[0]["total"] == 200 and "where" not in at.query_params


def test_fields_change_the_filter_as_charts_do(opened, runs, grid, check):
    runs(rows=200, bad=3)
    at = opened()
    field = next(f for f in at.multiselect if f.label == "The model says")
    field.set_value(["pan left"])
    check(at.run())
    assert {c["label"] for c in grid(at)[0]["cards"]} == {"pan left"}
    next(t for t in at.toggle if t.label == "Could not be read").set_value(True)
    check(at.run())
    header, parts = grid(at)
    assert len(header["cards"]) == 3 and not parts
    assert all("damaged" in card["error"] for card in header["cards"])
    assert at.query_params["where"] == "errors=yes"


def test_pages_follow_each_other(opened, runs, grid, check):
    runs(rows=50)
    at = opened()
    first = [c["file"] + c["when"] for c in grid(at)[0]["cards"]]
    at.button(key="to_next").click()
    check(at.run())
    second = [c["file"] + c["when"] for c in grid(at)[0]["cards"]]
    assert not set(first) & set(second) and at.query_params["p"] == "2"
    assert "Page 2 of 3" in said(at)
    # A page that there is no more is the last one.
    assert grid(opened(p="99"))[0]["first"] == 48


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"run": "../../etc/passwd"}, "cannot be had"),
        ({"run": HOSTILE}, "cannot be had"),
        ({"where": "said.weather=rain"}, "Filter"),
        ({"where": HOSTILE}, "Filter"),
        ({"where": "moved.camera=static~pan left"}, "Filter"),
        ({"order": "by magic"}, "Order"),
        ({"p": "-1"}, "Page"),
        ({"asks": "weather"}, "Question"),
        ({"panel": "Two runs"}, "cannot be had"),
    ],
)
def test_a_link_that_asks_for_what_is_not_there_is_followed_as_far_as_can_be(
    query, word, opened, runs, grid
):
    runs()
    at = opened(**query)
    assert grid(at)[0]["total"] == 60
    assert any(word in each.value for each in at.warning)
    assert "<img" not in said(at).replace("\\<img", "")


def test_a_file_that_is_no_run_is_said_and_others_can_be_chosen(opened, runs, grid, check):
    good = runs("good")
    (good.parent / "bad.parquet").write_bytes(good.read_bytes()[:-50])
    at = opened(run="bad")
    assert "no whole Parquet file" in at.error[0].value and grid(at) is None
    at.selectbox(key="run").set_value("good")
    check(at.run())
    assert grid(at)[0]["total"] == 60 and not at.error


def test_a_run_that_vanishes_meanwhile_is_said(opened, runs, check, grid):
    path = runs("a")
    runs("b")
    for label in ("false", "true"):
        at = opened(run="a", label=label)
        path.unlink()
        for _ in range(2):
            check(at.run())
            assert 'no run "a" here any more: choose another' in words(at) and grid(at) is None
        assert at.selectbox(key="run").value == "a"
        at.selectbox(key="run").set_value("b")
        check(at.run())
        assert grid(at)[0]["total"] == 60 and not at.error
        assert at.selectbox(key="run").options == ["b"]
        runs("a")
    at = opened(run="a")
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :])
    check(at.run())
    assert "changed, damaged or taken away" in words(at)


def test_another_run_that_vanishes_meanwhile_is_said(opened, runs, check, grid):
    runs("a")
    path = runs("b", seed=3)
    moved = Filter(moved=(("camera", "static", "static"),))
    at = opened(run="a", beside="b", where=str(moved))
    path.unlink()
    check(at.run())
    assert 'no run "b" here any more: choose another' in words(at) and grid(at) is None
    at.selectbox(key="beside").set_value(None)
    check(at.run())
    assert grid(at)[0]["total"] == 60 and not at.error


def test_a_run_is_compared_with_whatever_it_is_called(opened, runs, check, grid):
    runs("a", rows=40)
    runs("nothing", rows=40, seed=3)
    at = opened(run="a")
    beside = at.selectbox(key="beside")
    assert beside.value is None and beside.options == ["nothing"]
    beside.set_value("nothing")
    check(at.run())
    at.segmented_control(key="panel").set_value("Two runs")
    check(at.run())
    assert " of 40 " in words(at)
    assert "of 40 " in words(opened(run="a", beside="nothing", panel="Two runs"))


def test_a_run_that_is_written_anew_is_asked_anew(opened, runs, check, grid):
    runs(rows=60)
    at = opened()
    runs(rows=31, seed=9)
    check(at.run())
    assert grid(at)[0]["total"] == 31 and "31 windows" in words(at)


def test_a_run_that_is_not_finished_shows_what_is_there(opened, runs, check, grid):
    path = runs("live", rows=30)
    parts = path.with_name("live.parquet.parts")
    parts.mkdir()
    path.rename(parts / "000.parquet")
    at = opened()
    assert "still running" in words(at) and grid(at)[0]["total"] == 30
    write_run(parts / "001.parquet", 20, header=header_of(path.parent.parent), seed=4)
    check(at.run())
    assert grid(at)[0]["total"] == 50


def test_a_filter_that_leaves_nothing_says_so(opened, runs, grid):
    runs()
    at = opened(where="name=no such file")
    assert "No clip is left" in said(at) and grid(at) is None


def test_known_labels_and_another_run_are_matrices(opened, runs, grid, bars):
    runs("before", rows=80, seed=3)
    path = runs("after", rows=80)
    at = opened(run="after", panel="Right and wrong")
    names, counts = Rows(open_run(path)).confusion("camera")
    right = sum(counts[i, header_of().questions[0].labels.index(n)] for i, n in enumerate(names))
    assert f"Right: {right} of 80" in words(at)
    at = opened(run="after", beside="before", panel="Two runs", where="moved.camera=static~static")
    assert "The same answer: " in words(at) and " of 80 " in words(at)
    assert {c["label"] for c in grid(at)[0]["cards"]} <= {"static"}
    path = runs("blind", rows=30, known=False)
    assert "does not say" in said(opened(run="blind", panel="Right and wrong"))
    row = Rows(open_run(path)).page("camera")[0]
    add(
        path_of(path),
        [Decision(row["file"], row["window"], row["start_s"], "camera", row["label"], "")],
    )
    assert "Right: 1 of 1 " in words(opened(run="blind", panel="Right and wrong"))


def test_the_map_shows_each_window_where_it_is(opened, runs):
    runs(rows=40)
    at = opened(panel="Map")
    (chart,) = at.get("plotly_chart")
    assert len({trace["name"] for trace in json.loads(chart.proto.spec)["data"]}) > 3
    assert "Windows shown: 40" in words(at)


def test_names_with_html_are_text(opened, runs, grid):
    from sct.collection.schema import Question

    header = header_of(questions=(Question("", (HOSTILE, "b")),), ablations=(), stages=(), grids=())
    runs("odd", rows=30, header=header, files=[f"{HOSTILE}.mp4"] * 30)
    for panel in ("Numbers", "Map", "Right and wrong"):
        at = opened(panel=panel, where=str(Filter(said=(("", HOSTILE),))))
        assert grid(at)[0]["cards"] and "<img" not in said(at).replace("\\<img", "")
        for chart in at.get("plotly_chart"):
            data = json.loads(chart.proto.spec)["data"]
            shown = [
                t for trace in data for name in ("y", "name", "text") for t in [trace.get(name)]
            ]
            assert "<img" not in json.dumps(shown)


def test_a_model_that_is_gone_is_said(opened, runs, tmp_path):
    runs(header=header_of(tmp_path, model="vanished"))
    assert "The model of this run, vanished, is not here any more" in said(opened())


def test_a_card_says_the_number_that_its_order_goes_by(opened, runs, grid):
    path = runs(rows=60)
    for title, form in (("Most motion first", "moves {:.1f} px"),
                        ("Least like optical flow first", "flow: r = {:.2f}")):  # fmt: skip
        name = next(key for key, value in ORDERS.items() if value == title)
        rows = Rows(open_run(path)).page("camera", sort=name)
        cards = grid(opened(order=title))[0]["cards"]
        wanted = [form.format(row["by"]).replace("-", "−") for row in rows]
        assert [card["ordered"] for card in cards] == wanted and len(set(wanted)) > 5
    assert {card["ordered"] for card in grid(opened())[0]["cards"]} == {""}
