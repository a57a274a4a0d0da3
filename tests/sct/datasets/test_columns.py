"""Columns of lists by any name: those that say splits and parts are read, refused or named."""

import pytest

from sct.datasets.dataset import open_dataset
from sct.datasets.options import ReadOptions
from sct.errors import DataError
from tests.sct.datasets.written import FOUR, write

SPLIT = ("train", "train", "test", "test")


def names(path, split="all", **options):
    return [item.path.name for item in open_dataset(path, split, ReadOptions(**options)).items]


# -- splits ----------------------------------------------------------------------------------------

KNOWN = """subset set partition phase usage Usage data_split split_name dataset_split train_test
split_type dataSplit SUBSET""".split()  # noqa: SIM905


@pytest.mark.parametrize("column", [*KNOWN, "Split Type", "data-split"])
def test_a_split_by_another_name_is_read_and_said(tmp_path, column):
    path = write(tmp_path, column, ("Train", "training", "TEST", "test"))
    assert names(path, "train") == ["c0.mp4", "c1.mp4"] and names(path, "test") == list(FOUR[2:])
    assert open_dataset(path).notes == (f'The column "{column}" is read as the split.',)


@pytest.mark.parametrize(
    "column", ["dataset", "data_type", "mode", "stage", "type", "purpose", "spilt", "fold", "x"]
)
@pytest.mark.parametrize(
    "cells",
    [SPLIT, ("train", "train", "test", "unused"), ("TRAIN",) * 4, ("Train2", "Train1", "", "Val2")],
)
def test_names_of_splits_in_any_other_column_are_refused(tmp_path, column, cells):
    with pytest.raises(DataError, match=f'column "{column}" in which .*call it "split"') as error:
        open_dataset(write(tmp_path, column, cells))
    assert str(error.value).endswith(".")


@pytest.mark.parametrize(
    ("column", "odd", "said"),
    [
        ("subset", "unused", 'Row 4 of "list.csv", column "subset", has the split "unused"'),
        ("set", "n/a", 'column "set", has the split "n/a"'),
        ("set", "Train2", 'column "set", has the split "train2"|the split "Train2"'),
        ("phase", "test_a", 'Row 4 .* has the split "test_a"; allowed are train, val and test'),
        ("usage", "", 'Row 4 of "list.csv", column "usage", has no split'),
        ("split", "", 'Row 4 of "list.csv" has no split; each row needs train, val or test'),
        ("split", "later", 'Row 4 of "list.csv" has the split "later"'),
    ],
)
def test_one_odd_split_is_refused_with_its_row(tmp_path, column, odd, said):
    with pytest.raises(DataError, match=said):
        open_dataset(write(tmp_path, column, ("train", "train", odd, "test")))


@pytest.mark.parametrize(
    "column",
    [
        "is_train",
        "isTrain",
        "train",
        "is_test",
        "test",
        "In Training Set",
        "is_validation",
        "trainset",
        "train_flag",
        "istrain",
    ],
)
@pytest.mark.parametrize("cells", [("1", "1", "0", "0"), ("True", "true", "FALSE", ""), "ynyn"])
def test_a_flag_for_training_is_refused(tmp_path, column, cells):
    with pytest.raises(DataError, match=f'column "{column}", which seems .* column "split"'):
        open_dataset(write(tmp_path, column, cells))


@pytest.mark.parametrize("column", ["is_train", "in_test", "eval", "hold_out"])
@pytest.mark.parametrize(
    "cells",
    [
        "WAHR FALSCH",
        "VRAI FAUX",
        "ja nein",
        "yes no maybe",
        "oui non",
        "\u662f \u5426",
        "on off",
        "7",
    ],
)
def test_a_flag_in_any_language_is_refused(tmp_path, column, cells):
    cells = (cells.split() * 4)[:4]
    with pytest.raises(DataError, match=f'column "{column}", which seems .* column "split"'):
        open_dataset(write(tmp_path, column, cells))


def test_a_name_that_asks_is_a_flag_whatever_is_in_it(tmp_path):
    for column in ("is_train", "in_test"):
        with pytest.raises(DataError, match=r'which seems .* column "split"'):
            open_dataset(write(tmp_path, column, "0123"))


def test_scores_under_the_name_of_a_split_are_no_flags(tmp_path):
    (note,) = open_dataset(write(tmp_path, "test", (".1", ".2", ".3", ".4"))).notes
    assert note == 'Columns that are not used: "test".'


SIDES = """learn/holdout support/query seen/unseen fit/test Training/Pr\u00fcfung base/novel
train/rest entrenamiento/prueba gallery/query/probe \u8bad\u7ec3\u96c6/\u6d4b\u8bd5\u96c6
public/private Learn/Hold-Out train/other""".split()  # noqa: SIM905


@pytest.mark.parametrize("column", ["role", "dataset", "purpose", "bucket"])
@pytest.mark.parametrize("values", SIDES)
def test_two_values_that_say_what_to_learn_from_are_refused(tmp_path, column, values):
    cells = (values.split("/") * 4)[:4]
    with pytest.raises(DataError, match=f'column "{column}" in which .*call it "split"'):
        open_dataset(write(tmp_path, column, cells))
    with pytest.raises(DataError, match=r'call it "split"|has the split'):
        open_dataset(write(tmp_path, "subset", cells))


@pytest.mark.parametrize("cells", [("seen",) * 4, ("base", "x", "y", "z"), ("rest", "run") * 2])
def test_such_words_alone_say_nothing(tmp_path, cells):
    assert len(open_dataset(write(tmp_path, "remark", cells))) == 4


@pytest.mark.parametrize("column", ["fold", "cv_fold", "set", "partition", "subset"])
def test_numbers_of_folds_are_said_not_to_divide(tmp_path, column):
    (note,) = open_dataset(write(tmp_path, column, "0122")).notes
    assert note.startswith(f'The column "{column}" is not used and does not divide the clips')
    assert 'column "split"' in note


def test_a_split_that_is_called_so_wins_and_the_others_are_named(tmp_path):
    path = write(tmp_path, "split,subset,is_train", ("train,test,1", "test,train,1") * 2)
    assert names(path, "test") == ["c1.mp4", "c3.mp4"]
    assert open_dataset(path).notes[:1] == ('Columns that are not used: "subset", "is_train".',)
    path = write(tmp_path, "split,set", (f",{s}" for s in SPLIT))  # an empty one says nothing
    assert names(path, "test") == ["c2.mp4", "c3.mp4"]


def test_columns_that_are_not_used_are_named(tmp_path):
    path = write(tmp_path, "note,test_score,travel,person", ("n,.5,car,1", "m,.7,train,1") * 2)
    assert open_dataset(path).notes == (
        'The column "travel" is not used, though "train" stands in it; if it says which clips are '
        'for training, call it "split".',
        'The column "person" is not used and groups no clips; if those with the same entry belong '
        "together, name it by --group-column.",
        'Columns that are not used: "note", "test_score".',
    )
    assert 'person"' not in "".join(
        open_dataset(path, "all", ReadOptions(group_column="person")).notes
    )
    many = ",".join(f"n{i}" for i in range(13))
    (note,) = open_dataset(write(tmp_path, many, [",".join("1" * 13)] * 4)).notes
    assert note.endswith('"n9" and 3 more.')


def test_columns_without_names_hold_nothing_but_numbers_of_rows(tmp_path):
    (tmp_path / "l.csv").write_text(",path,label\n0,c0.mp4,a\n1,c1.mp4,b\n")
    write(tmp_path, "note", "1234")
    assert open_dataset(tmp_path / "l.csv").notes == ()
    with pytest.raises(DataError, match="has a column without a name"):
        open_dataset(write(tmp_path, ",", ("foo,", ",bar", ",", ",")))
