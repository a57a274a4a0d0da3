"""Tells what the columns of a list mean by their names, and names those that are not used.

A column that says which clips are for training must not be passed over because of its name: the
split would be drawn anew, and nobody would see it. What such a column may be is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from sct.datasets.folders.split_names import SPLIT_NAMES, split_roles
from sct.datasets.lists.tables import Table, folded
from sct.errors import DataError
from sct.video.sources import quoted

# What others call the columns; the first name is ours, and wins where a table has several.
PATH = (
    *("path", "video_path", "file_path", "filepath", "filename", "file_name", "file", "video"),
    *("video_name", "video_file", "clip", "clip_path", "clip_name", "frame_dir"),
)
LABEL = (
    *("label", "class", "category", "label_name", "class_name", "category_name", "action"),
    *("action_name", "activity", "gesture", "class_label", "label_id", "class_id"),
)
SPLIT = (
    *("split", "subset", "set", "partition", "phase", "usage", "split_name", "split_type"),
    *("split_set", "data_split", "dataset_split", "data_set", "data_subset", "train_test"),
    *("train_test_split", "train_val_test", "train_or_test", "traintest"),
)
FOLDS = ("fold", "folds", "fold_id", "fold_number", "cv_fold", "k_fold", "kfold", "split_id")
GROUPS = (
    *("group_id", "groups", "person", "person_id", "subject", "subject_id", "actor", "actor_id"),
    *("performer", "participant", "participant_id", "patient", "patient_id", "signer", "user"),
    *("user_id", "speaker", "video_id", "source", "source_video", "scene", "session", "recording"),
)
_AROUND = "(?:is|in|for|on|use|used|using|set|split|data|flag|clip|video)*"
_FLAG = re.compile(f"{_AROUND}(?:(?:{'|'.join(SPLIT_NAMES)}|holdout){_AROUND})+")
_MOST_FLAGS = 3  # different values of a flag, such as yes, no and maybe, in any language
# What says, beside each other, which clips are to learn from and which to test on. Names that this
# program reads as splits are among them.
_LEARNED = frozenset(
    """learn learning fit fitting support seen base gallery reference public labelled labeled
    calibration estimation development source ausbildung lernen entrenamiento entrainement
    entraînement apprentissage treino treinamento addestramento обучение обучающая 训练 训练集 訓練
    学習 학습 훈련""".split()  # noqa: SIM905
)
_TESTED = frozenset(
    """hold holdout hold_out held_out query probe unseen novel private hidden unlabelled unlabeled
    target score scoring rest remaining other others oos blind prüfung pruefung prueba essai teste
    prova validierung validación validacion validação тест тестовая проверка 测试 测试集 验证 验证集
    測試 テスト 検証 테스트 검증""".split()  # noqa: SIM905
)
_MOST_VALUES, _LONGEST = 30, 30  # of a column of splits: different values, letters of one
_NAMED = 10  # columns in a note


def split_column(table: Table, taken: Collection[int]) -> int | None:
    """Return where the column is that says the splits, None if there is none.

    It is called split, or otherwise as in `SPLIT` and holds the name of a split.

    Args:
        table: the list.
        taken: places of the columns that mean something else.

    Raises:
        DataError: a column says which clips are for training in a way that is not understood.
    """
    at = table.find(SPLIT[0])
    if at is not None and any(cells[at] for _, cells in table.rows):
        return at
    rest = [i for i in range(len(table.columns)) if i not in taken and i != at]
    found = [i for i in rest if folded(table.columns[i]) in SPLIT and _roles(_values(table, i))]
    if found:
        return table.only(found, SPLIT[0])
    for i in rest:
        values, column = _values(table, i), quoted(table.columns[i])
        roles = _roles(values)
        two_sides = _sides(values, roles)
        if two_sides or len(set(roles.values())) > 1 or 0 < len(roles) == len(values):
            roles = two_sides or roles
            some = " and ".join(quoted(value) for value in sorted(roles)[:3])
            raise DataError(
                f"{table.title} has a column {column} in which names of splits stand, {some}; if "
                f'it says which clips are for training, call it "split", else leave it out.'
            )
        sure = re.match(r"is|in_", folded(table.columns[i]))
        most = _MOST_VALUES if sure else _MOST_FLAGS
        if 0 < len(values) <= most and _asks_for_a_split(table.columns[i]):
            raise DataError(
                f"{table.title} has a column {column}, which seems to say which clips are for "
                'training; say it in a column "split" with train, val or test in it, or leave it '
                "out."
            )
    return None


def notes_on(table: Table, taken: Collection[int], split: int | None) -> Iterator[str]:
    """Give a sentence for each thing to know about how columns were taken.

    Args:
        table: the list.
        taken: places of the columns that are used.
        split: place of the column that says the splits.
    """
    if split is not None and folded(table.columns[split]) != SPLIT[0]:
        yield f"The column {quoted(table.columns[split])} is read as the split."
    plain = []
    for i, column in enumerate(table.columns):
        if i in taken or not column:
            continue
        name, shown = folded(column), quoted(column)
        if split is None and (name in FOLDS or name in SPLIT[1:]):
            yield (
                f"The column {shown} is not used and does not divide the clips; to divide them by "
                'it, say train, val or test in a column "split".'
            )
        elif split is None and (roles := _roles(_values(table, i))):
            yield (
                f"The column {shown} is not used, though {quoted(min(roles))} stands in it; if it "
                'says which clips are for training, call it "split".'
            )
        elif name in GROUPS:
            yield (
                f"The column {shown} is not used and groups no clips; if those with the same entry "
                "belong together, name it by --group-column."
            )
        else:
            plain.append(shown)
    if plain:
        more = f" and {len(plain) - _NAMED} more" if len(plain) > _NAMED else ""
        yield f"Columns that are not used: {', '.join(plain[:_NAMED])}{more}."


def _values(table: Table, at: int) -> set[str]:
    return {cells[at].lower() for _, cells in table.rows} - {""}


def _roles(values: Collection[str]) -> dict[str, str]:
    """Return those of the values that look like names of splits, and what they say."""
    if len(values) > _MOST_VALUES:
        return {}
    return split_roles(value for value in values if len(value) <= _LONGEST)


def _sides(values: set[str], roles: dict[str, str]) -> set[str]:
    """Return the values if all of them say to learn from a clip or to test on it, and both do."""
    small = {folded(value) for value in values} if len(values) <= _MOST_VALUES else set()
    named = {folded(value): role for value, role in roles.items()}
    learned = {v for v in small if v in _LEARNED or named.get(v) == "train"}
    tested = {v for v in small if v in _TESTED or named.get(v) in ("val", "test")}
    return values if learned and tested and learned | tested == small else set()


def _asks_for_a_split(column: str) -> bool:
    """Say whether a column's name is one such as is_train, test or in_training_set."""
    name = folded(column).replace("_", "")
    return len(name) <= _LONGEST and _FLAG.fullmatch(name) is not None
