"""Asking a run: what comes back is what the rows say, within the bounds, and nothing is run."""

import threading

import numpy as np
import pyarrow.parquet as pq
import pytest

from sct.collection.database import connected
from sct.collection.filters import Filter, numbers_of, thinned
from sct.collection.query import SORTS, Rows
from sct.collection.runs import list_runs, open_run
from sct.collection.schema import Question
from sct.errors import DataError
from tests.sct.collection.made import header_of, table, write_run

HOSTILE = "a'; DROP TABLE x; -- \"~;=..%7E"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of 600 rows and 7 files that could not be read, and its columns as NumPy has them."""
    path = tmp_path_factory.mktemp("runs") / "shoot.parquet"
    header = write_run(path, 600, group=100, bad=7, strips=[(b"one", b"1"), (b"two", b"22")])
    found = table(header, 600)
    columns = {
        name: np.array(found[name].to_pylist())
        for name in found.column_names
        if name not in ("embedding", "strip", "arrows", "camera_probabilities")
    }
    return Rows(open_run(path)), columns


def test_a_run_says_what_it_is(made):
    run = made[0].run
    assert (run.name, run.rows, run.finished) == ("shoot", 607, True)
    assert run.header == header_of()


def test_every_part_of_a_filter_leaves_the_rows_that_it_says(made):
    rows, c = made
    p, label, known = c["camera_probability"], c["camera_label"], c["camera_known"]
    inside = np.hypot(c["map_x"] - 2, c["map_y"]) < 2
    turn = np.linspace(0, 2 * np.pi, 41)[:-1]
    circle = tuple((2 + 2 * np.cos(a), 2 * np.sin(a)) for a in turn)
    for chosen, wanted in [
        (Filter(), np.ones(600, bool)),
        (Filter(said=(("camera", "pan left"),)), label == "pan left"),
        (
            Filter(said=(("camera", "pan left"), ("camera", "static"), ("subject", "none"))),
            np.isin(label, ["pan left", "static"]) & (c["subject_label"] == "none"),
        ),
        (Filter(known=(("camera", "zoom in"),)), known == "zoom in"),
        (
            Filter(pairs=(("camera", "zoom in", "zoom out"), ("camera", "static", "static"))),
            (known == "zoom in") & (label == "zoom out")
            | (known == "static") & (label == "static"),
        ),
        (Filter(ranges=(("camera_probability", 0.25, 0.5),)), (p >= 0.25) & (p <= 0.5)),
        (
            Filter(ranges=(("effect_0_camera", -1, -0.3), ("shot", 1, 2))),
            (c["effect_0_camera"] <= -0.3) & (c["shot"] >= 1),
        ),
        (Filter(facts=(("camera_sure", False), ("crosses_cut", True))),
         ~c["camera_sure"] & c["crosses_cut"]),
        (Filter(name="TAKE_00001"), np.array(["take_00001" in f for f in c["file"]])),
        (Filter(name="%"), np.zeros(600, bool)),
        (Filter(name=HOSTILE), np.zeros(600, bool)),
        (Filter(area=((-1, -1), (1, -1), (1, 1), (-1, 1))),
         (abs(c["map_x"]) < 1) & (abs(c["map_y"]) < 1)),
    ]:  # fmt: skip
        again = Filter.parse(str(chosen))
        assert again == chosen
        assert rows.count(again) == wanted.sum(), str(chosen)
    assert rows.count(Filter(area=circle)) == pytest.approx(inside.sum(), rel=0.05)
    assert rows.count(Filter(errors=True)) == 7


def test_rows_come_in_the_order_that_is_asked_for_and_each_once(made):
    rows, c = made
    values = {
        "least sure": c["camera_probability"],
        "most sure": -c["camera_probability"],
        "most changed": -abs(c["effect_0_camera"]),
        "most motion": -c["stage3_shift_px"],
        "against the flow": c["stage3_flow_r"],
        "file": np.arange(600),
    }
    assert set(values) == set(SORTS)
    place = {(f, w): i for i, (f, w) in enumerate(zip(c["file"], c["window"], strict=True))}
    for sort, value in values.items():
        got = [
            place[row["file"], row["window"]]
            for offset in range(0, 600, 170)
            for row in rows.page("camera", sort=sort, offset=offset, limit=170)
        ]
        assert sorted(got) == list(range(600))
        assert (np.diff(value[got]) >= 0).all(), sort
    broken = rows.page("camera", Filter(errors=True))
    assert [row["window"] for row in broken] == [-1] * 7 and "damaged" in broken[0]["error"]


def test_charts_count_what_is_there(made):
    rows, c = made
    chosen = Filter(said=(("camera", "static"),))
    mine = c["camera_label"] == "static"
    ends = rows.bounds(["camera_entropy"])["camera_entropy"]
    assert ends == pytest.approx((c["camera_entropy"].min(), c["camera_entropy"].max()))
    counts = rows.histogram("camera_entropy", ends, 12, chosen)
    assert counts.tolist() == np.histogram(c["camera_entropy"][mine], 12, ends)[0].tolist()
    said = rows.label_counts("subject", chosen)
    assert list(said) == list(rows.run.question("subject").labels)
    assert said["none"] == (c["subject_label"][mine] == "none").sum()
    names, matrix = rows.confusion("camera")
    for i, a in enumerate(names):
        for j, b in enumerate(rows.run.question("camera").labels):
            assert matrix[i, j] == ((c["camera_known"] == a) & (c["camera_label"] == b)).sum()
    points = rows.points("camera", most=50)
    assert len(points) == 50 and points == rows.points("camera", most=50)
    with pytest.raises(DataError, match="no numbers"):
        rows.histogram('camera_label"; DROP', (0, 1), 3)


def test_pictures_come_for_the_rows_that_are_shown(made):
    rows, _ = made
    page = rows.page("camera", sort="file", offset=31, limit=3)
    keys = [(row["file"], row["window"]) for row in page]
    found = rows.strips(keys)
    assert [found[key] for key in keys] == [(b"two", b"22"), (b"one", b"1"), (b"two", b"22")]
    one = rows.find(*keys[1])
    assert one["start_s"] == page[1]["start_s"]
    assert rows.find(keys[1][0], 99) is None


def test_two_runs_are_compared_row_by_row(made, tmp_path):
    rows, c = made
    other = tmp_path / "after.parquet"
    header = write_run(other, 400, header=header_of(model="mine"), seed=5)
    later = table(header, 400, seed=5)["camera_label"].to_pylist()
    both = Rows(rows.run, open_run(other))
    names, matrix = both.agreement("camera")
    assert matrix.sum() == 400
    a, b = names[2], "zoom in"
    want = ((np.array(later) == a) & (c["camera_label"][:400] == b)).sum()
    assert matrix[2, list(rows.run.question("camera").labels).index(b)] == want
    assert both.count(Filter(moved=(("camera", a, b),))) == want
    # A model that was fine-tuned on one question has no name for it.
    tuned = tmp_path / "tuned.parquet"
    write_run(tuned, 400, header=header_of(questions=(Question("", header.questions[0].labels),)))
    assert Rows(rows.run, open_run(tuned)).agreement("camera")[1].sum() == 400
    assert Rows(open_run(tuned), rows.run).agreement("")[1].sum() == 400
    alien = tmp_path / "alien.parquet"
    write_run(alien, 9, header=header_of(questions=(Question("", ("dog", "cat")),)))
    with pytest.raises(DataError, match="no question like"):
        Rows(rows.run, open_run(alien)).agreement("camera")
    with pytest.raises(DataError, match="no other run"):
        rows.count(Filter(moved=(("camera", a, b),)))


def test_a_persons_labels_are_part_of_a_filter(made):
    rows, _ = made
    first = rows.page("camera", limit=30)
    mine = {(r["file"], r["window"]): r["label"] if i % 3 else "other" for i, r in enumerate(first)}
    seen = Rows(rows.run, labels={"camera": mine})
    parts = [Filter(labelled=(("camera", which),)) for which in ("yes", "no", "corrected")]
    assert [seen.count(part) for part in parts] == [30, 570, 10]
    # They are of that question whichever is looked at, for all that is asked.
    both = Rows(rows.run, labels={"camera": mine, "subject": {key: "x" for key in list(mine)[:4]}})
    for part, count in zip(parts, (30, 570, 10), strict=True):
        assert len(both.page("subject", part, limit=1000)) == count
        assert sum(both.label_counts("subject", part).values()) == count
        assert both.histogram("shot", (0, 9), 4, part).sum() == count
        assert both.confusion("camera", part)[1].sum() == count
        assert len(both.points("subject", part)) == count
    four = parts[0].with_labelled("subject", "yes")
    assert both.count(four) == 4 and both.count(Filter.parse(str(four))) == 4
    assert both.count(four.with_labelled("camera", "")) == 4
    assert seen.first_unlabelled("camera", Filter(), "least sure") == 30
    assert seen.first_unlabelled("camera", Filter(), "most sure") == 0
    assert rows.first_unlabelled("camera", Filter(), "least sure") == 0


def test_the_text_of_a_range_holds_its_ends(made):
    rows, c = made
    for column in ("camera_probability", "camera_entropy", "start_s"):
        values = np.sort(c[column])
        for low, high in ((0, 99), (7, 411), (0, 599)):
            ends = float(values[low]), float(values[high])
            chosen = Filter(ranges=((column, *ends),))
            read = Filter.parse(str(chosen))
            assert str(Filter.parse(str(read))) == str(read)
            found = rows.page("camera", read, limit=1000)
            assert len(found) == rows.count(chosen) >= high - low + 1
    assert str(Filter(ranges=(("shot", 0.0, 3.0),))) == "in.shot=0..3"


def test_runs_that_were_cut_otherwise_have_no_window_in_common(made, tmp_path):
    rows, _ = made
    other = tmp_path / "wide.parquet"
    write_run(other, 400, header=header_of(stride=0.2, every=1.6), seed=5)
    names, counts = Rows(rows.run, open_run(other)).agreement("camera")
    theirs = pq.read_table(other, columns=["file", "window", "start_s", "end_s"]).to_pylist()
    ours = pq.read_table(rows.run.files[0], columns=["file", "window", "start_s", "end_s"])
    same = {tuple(row.values()) for row in theirs} & {
        tuple(row.values()) for row in ours.to_pylist()
    }
    assert counts.sum() == len(same) == 0 and names == []


def test_what_a_person_says_is_right_whatever_the_source_says(made):
    rows, _ = made
    first = rows.page("camera", limit=40)
    mine = {(r["file"], r["window"]): "pan left" for r in first}
    sources = {r["known"] for r in first}
    assert len(sources) > 1  # the source says otherwise of some
    seen = Rows(rows.run, labels={"camera": mine, "subject": {}})
    names, before = rows.confusion("camera")
    after_names, after = seen.confusion("camera")
    labels = list(rows.run.question("camera").labels)
    for i, name in enumerate(after_names):
        for j, said in enumerate(labels):
            want = before[names.index(name), j] if name in names else 0
            want -= sum(r["known"] == name and r["label"] == said for r in first)
            want += sum(r["label"] == said for r in first) if name == "pan left" else 0
            assert after[i, j] == want, (name, said)
            # A square that is clicked holds as many clips as it says, also under another question.
            pair = Filter(pairs=(("camera", name, said),))
            assert seen.count(pair) == want == len(seen.page("subject", pair, limit=1000))
    total = seen.count(Filter(known=(("camera", "pan left"),)))
    assert total == after[after_names.index("pan left")].sum()
    assert (
        Rows(rows.run, labels={"subject": mine}).confusion("camera")[1].tolist() == before.tolist()
    )


def test_a_label_counts_where_no_source_says_anything(tmp_path):
    write_run(tmp_path / "blind.parquet", 30, known=False)
    rows = Rows(open_run(tmp_path / "blind.parquet"))
    assert rows.confusion("subject")[0] == []
    row = rows.page("subject", limit=1)[0]
    seen = Rows(rows.run, labels={"subject": {(row["file"], row["window"]): row["label"]}})
    names, counts = seen.confusion("subject")
    assert names == [row["label"]] and counts.sum() == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("in.camera_probability=1", "no part of a filter"),
        ("in.camera_probability=0..nan", "no part of a filter"),
        ("in.camera_probability=0..1e999", "no part of a filter"),
        ("said=", "no question"),
        ("said.weather=rain", "no question"),
        ("in.camera_label=0..1", "no column"),
        ('in.x" DROP=0..1', "no column"),
        ("is.file=yes", "no column"),
        ("area=1,2,3", "no part"),
        ("area=" + "1,2," * 200 + "1,2", "no part"),
        ("labelled.camera=maybe", "no part"),
        ("labelled.weather=yes", "no question"),
        ("errors=1", "no part"),
        ("__class__=x", "no part"),
        ("x" * 7000, "at most 6000"),
        (";".join(f"said.camera={i}" for i in range(300)), "at most 200"),
    ],
)
def test_text_that_is_no_filter_is_refused_in_a_sentence(text, said):
    with pytest.raises(ValueError, match=said):
        Filter.parse(text).check(header_of())


def test_names_that_are_sql_or_signs_are_names(tmp_path):
    header = header_of(questions=(Question('q"; DROP', (HOSTILE, "b")),))
    write_run(tmp_path / "a.parquet", 40, header=header, files=[f"{HOSTILE}.mp4"] * 40)
    rows = Rows(open_run(tmp_path / "a.parquet"))
    chosen = Filter(said=(('q"; DROP', HOSTILE),), name=HOSTILE)
    assert Filter.parse(str(chosen)) == chosen
    assert rows.count(chosen) == rows.label_counts('q"; DROP')[HOSTILE] > 0
    assert rows.page('q"; DROP', chosen, "most changed")[0]["label"] == HOSTILE
    names, matrix = rows.confusion('q"; DROP')
    assert matrix.sum() == 40 and HOSTILE in names


def test_a_connection_reads_the_run_and_nothing_else(made, tmp_path):
    import duckdb

    (tmp_path / "secret.csv").write_text("a\n1\n")
    with pytest.raises(DataError), connected(made[0].run) as connection:
        connection.execute("SELECT * FROM read_csv(?)", [str(tmp_path / "secret.csv")])
    with pytest.raises(DataError), connected(made[0].run) as connection:
        connection.execute(f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'")
    with pytest.raises(DataError), connected(made[0].run) as connection:
        connection.execute("SET enable_external_access = true")
    assert not (tmp_path / "out.csv").exists()
    assert duckdb.connect().execute("SELECT current_setting('threads')").fetchone()[0] >= 1


def test_threads_ask_at_once(made):
    rows, found = made[0], []
    asked = [Filter(said=(("camera", label),)) for label in rows.run.question("camera").labels]

    def ask(chosen):
        found.append((chosen, rows.count(chosen)))

    threads = [threading.Thread(target=ask, args=(chosen,)) for chosen in asked]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    said = rows.label_counts("camera")
    assert {chosen.said[0][1]: count for chosen, count in found} == said


def test_a_run_that_is_not_finished_is_read_from_its_parts(tmp_path):
    parts = tmp_path / "live.parquet.parts"
    parts.mkdir()
    header = header_of()
    for i in range(3):
        write_run(parts / f"{i:04d}.parquet", 50, header=header, seed=i)
    whole = (parts / "0000.parquet").read_bytes()
    (parts / "0003.parquet").write_bytes(whole[: len(whole) // 2])  # on its way to the disk
    assert list(list_runs(tmp_path)) == ["live"]
    run = open_run(list_runs(tmp_path)["live"])
    assert (run.rows, run.finished, len(run.files)) == (150, False, 3)
    assert Rows(run).count() == 150
    write_run(parts / "0004.parquet", 5, header=header_of(model="other"))
    assert open_run(tmp_path / "live.parquet").rows == 150  # a part of another run is none of it
    (parts / "0001.parquet").unlink()
    with pytest.raises(DataError, match="was changed, damaged or taken away"):
        Rows(run).count()


def test_an_outline_drawn_by_hand_is_thinned():
    many = [(float(i), float(i * i)) for i in range(1000)]
    few = thinned(many)
    assert 20 <= len(few) <= 40 and set(few) <= set(many) and thinned(many[:10]) == tuple(many[:10])


def test_numbers_are_columns_of_the_run():
    header = header_of()
    assert set(numbers_of(header)) <= set(table(header, 1).column_names)
