"""What a mirror makes of labels: what is known is exchanged, what is not known is not mirrored."""

import pytest
import torch

from sct.datasets.augmentation import Transform
from sct.datasets.dataset import Dataset, Item
from sct.datasets.loaders import VideoLoader
from sct.datasets.mirrors.labels import flips_note, mirrored_labels, unclear_labels
from sct.datasets.options import Augment

EXCHANGED = """left,right|leftturn,rightturn|turnleft,turnright|TurnLeft,TurnRight|turn_l,turn_r|L,R
LTurn,RTurn|armL,armR|lefthand_wave,righthand_wave|left1,right1|Left arm 2,Right arm 2|lhs,rhs
LHS,RHS|LH wave,RH wave|cw,ccw|spin_cw,spin_ccw|SpinCW,SpinCCW|spincw,spinccw|CW,ACW
clockwise,anticlockwise|spinclockwise,spincounterclockwise|turn anti-clockwise,turn clockwise
east,west|NE,NW|northeast,northwest|eastbound,westbound|port,starboard|go port,go starboard|ltr,rtl
l2r,r2l|links,rechts|Linke Hand,Rechte Hand|gauche,droite|à gauche,à droite|izquierda,derecha
brazo izquierdo,brazo derecho|esquerda,direita|sinistra,destra|mano destra,mano sinistra|lewo,prawo
vänster,höger|venstre,høyre|venstre,højre|naar links,naar rechts|kiri,kanan|左,右|向左转,向右转
налево,направо|левая рука,правая рука|sinistro,destro|leftmost,rightmost|LEFT_FOOT,RIGHT_FOOT
swipe-left,swipe-right|2 left,2 right|LEFT2RIGHT,RIGHT2LEFT"""
EXCHANGED = [tuple(p.split(",")) for p in EXCHANGED.replace("\n", "|").split("|")]
UPRIGHT = """up,down|armup,armdown|HandUp,HandDown|U,D|upper part,lower part|top,bottom|oben,unten
haut,bas|arriba,abajo|上,下|north,south|NE,SE|upstairs,downstairs|tiltup,tiltdown"""
UPRIGHT = [tuple(p.split(",")) for p in UPRIGHT.replace("\n", "|").split("|")]


@pytest.mark.parametrize("labels", EXCHANGED, ids=",".join)
def test_words_for_sides_are_exchanged(labels):
    for found in (labels, (*labels, "walk")):
        assert mirrored_labels(found)[:2] == mirrored_labels(found, trusted=True)[:2] == (1, 0)
        assert unclear_labels(found) == () and not flips_note(found, None)
    assert mirrored_labels((labels[0], "walk")) == (-1, 1)  # whose mirror has no label


@pytest.mark.parametrize("labels", UPRIGHT, ids=",".join)
def test_words_for_up_and_down_are_exchanged_by_the_other_mirror(labels):
    assert mirrored_labels(labels, "vertical") == (1, 0)
    assert mirrored_labels((labels[0], "walk"), "vertical") == (-1, 1)
    if labels != ("NE", "SE"):
        assert mirrored_labels(labels) == (0, 1)


def test_four_letters_for_four_directions():
    labels = ("L", "R", "U", "D", "F", "B")
    assert mirrored_labels(labels) == (1, 0, 2, 3, 4, 5) and unclear_labels(labels) == ()
    assert mirrored_labels(labels, "vertical") == (0, 1, 3, 2, 4, 5)


UNCLEAR = {
    "numbers": ("0", "1"),
    "many numbers": tuple(map(str, range(12))),
    "negative": ("-1", "1"),
    "letters": tuple("ABCDLR"),
    "codes": ("c01", "c02", "c03"),
    "codes of two": ("A1", "B2"),
    "classes": ("class_3", "class_7", "class 11"),
    "ids": ("n02084071", "n02121808"),
    "words and numbers": ("turn1", "turn2"),
    "words and letters": ("sign_L", "sign_R", "sign_A"),
    "abbreviations": ("XB", "PQ"),
    "Cyrillic": ("бег", "прыжок"),
    "Arabic": ("يمين", "يسار"),
    "Korean": ("왼쪽", "오른쪽"),
    "signs": ("+", "-"),
}


@pytest.mark.parametrize("name", UNCLEAR)
def test_labels_that_do_not_tell_are_not_mirrored_unless_asked_for_and_it_says_so(name):
    labels = UNCLEAR[name]
    for axis in ("horizontal", "vertical"):
        assert mirrored_labels(labels, axis) == (-1,) * len(labels)
        assert mirrored_labels(labels, axis, trusted=True) == tuple(range(len(labels)))
    assert unclear_labels(labels) == labels
    note = flips_note(labels, None)
    assert note.startswith("Clips are not mirrored") and f'"{labels[0]}"' in note
    assert "--flips" in note and note.endswith(".") and "\n" not in note
    assert flips_note(labels, True) == flips_note(labels, False) == ""


def test_among_words_only_the_unclear_ones_stay_as_they_are():
    labels = ("walk", "3", "left", "right", "run 1", "run 2", "hop 1")
    assert mirrored_labels(labels) == (0, -1, 3, 2, -1, -1, 6)
    assert flips_note(labels, None).startswith("Some clips are not mirrored")
    assert '"3", "run 1", "run 2";' in flips_note(labels, None)


# Names from UCF101, HMDB51, Kinetics-700 and Something-Something v2, the odd ones above all.
ORDINARY = """ApplyEyeMakeup,BabyCrawling,CleanAndJerk,HandstandPushups,PullUps,PushUps,TaiChi,YoYo
Shotput,StillRings,UnevenBars,WallPushups,WritingOnBoard,brush_hair,draw_sword,fall_floor,flic_flac
pullup,pushup,situp,ride_bike,shoot_bow,sword_exercise,sit,stand,turn,wave,abseiling,base jumping
acting in play,backflip (human),baby waking up,being in zero gravity,bouncing ball (not juggling)
clean and jerk,climbing a rope,fly tying,front raises,krumping,looking in mirror,making a cake
making a sandwich,massaging person's head,passing American football (in game),playing polo,tai chi
playing with trains,presenting weather forecast,push up,rope pushdown,square dancing,training dog
throwing ball (not baseball or American football),tying knot (not on a tie),using atm,watching tv
putting on sari,steer roping,side kick,Holding something,Moving something up,Picking something up
Putting something that can't roll onto a slanted surface so it slides down,Tipping something over
Putting something upright on the table,Pushing something so that it almost falls off but doesn't
Putting something on a surface,Putting something on the edge of something,yes,no,hello,ok,go
bright,fright,copyright,leftover,leftovers,cleft,playwright,rightful,outright,portrait,salute"""
ORDINARY = tuple(ORDINARY.replace("\n", ",").split(","))


def test_ordinary_labels_stay_and_are_mirrored_as_before():
    assert mirrored_labels(ORDINARY) == tuple(range(len(ORDINARY)))
    assert unclear_labels(ORDINARY) == () and flips_note(ORDINARY, None) == ""
    assert Augment().flips is None


def test_words_in_which_up_and_down_mean_nothing_stay_under_the_other_mirror():
    labels = ("cup", "group dance", "download", "updating", "ApplyEyeMakeup", "soup", "upset")
    assert mirrored_labels(labels, "vertical") == tuple(range(len(labels)))


def test_labels_that_are_hostile_or_many_are_no_trouble():
    labels = ("", " ", "\u202e", "'" * 200, "l'" * 100, "left" * 50, "1" * 200, "é" * 200)
    assert len(mirrored_labels(labels)) == len(labels)
    many = tuple(f"class {i}" for i in range(20_000))
    assert set(mirrored_labels(many)) == {-1}


# -- training --------------------------------------------------------------------------------------


@pytest.fixture
def clips(monkeypatch):
    """Clips of which the loader shows only which way they are mirrored, in their first pixel."""

    def read(reader, item, frames, transform: Transform):
        clip = torch.zeros(frames, 3, reader.size, reader.size, dtype=torch.uint8)
        clip[0, 0, 0, :2] = torch.tensor([transform.flip, transform.flip_vertical])
        return clip

    monkeypatch.setattr("sct.datasets.loaders.ClipReader.read", read)
    return lambda *labels: Dataset(
        "made", labels, tuple(Item(f"{i}.mp4", i % len(labels)) for i in range(12))
    )


def drawn(dataset, augment):
    """{(label of the item, label in the batch, mirrored across, mirrored over)}."""
    loader = VideoLoader(dataset, 120, size=8, augment=Augment(**augment, colour=0.0), workers=1)
    batch = loader.batch(0, 2)
    order = [i for epoch in range(10) for i in loader._order(epoch)]
    loader.close()
    names = dataset.labels
    flips = batch.frames[:, 0, 0, 0, :2].bool().tolist()
    return {
        (names[dataset.items[i].label], names[label], *flip)
        for i, label, flip in zip(order, batch.labels.tolist(), flips, strict=True)
    }


def test_a_loader_mirrors_as_the_labels_allow(clips):
    assert drawn(clips("0", "1"), {}) == {(x, x, False, False) for x in "01"}
    assert drawn(clips("0", "1"), {"flips": True}) == {
        (x, x, flip, False) for x in "01" for flip in (False, True)
    }
    assert drawn(clips("walk", "run"), {}) == {
        (x, x, flip, False) for x in ("walk", "run") for flip in (False, True)
    }
    assert drawn(clips("walk", "run"), {"flips": False}) == {
        (x, x, False, False) for x in ("walk", "run")
    }
    assert drawn(clips("turnL", "turnR", "7"), {}) == {
        ("turnL", "turnL", False, False),
        ("turnL", "turnR", True, False),
        ("turnR", "turnR", False, False),
        ("turnR", "turnL", True, False),
        ("7", "7", False, False),
    }
    assert drawn(clips("cw", "stop"), {"flips": True, "flips_vertical": True}) == {
        ("cw", "cw", False, False),
        *(("stop", "stop", a, b) for a in (False, True) for b in (False, True)),
    }
