import pytest

import sct
from sct import Ablation
from sct.sites import Site

CONFIG = sct.SCTConfig()  # 3 stages of (3, 6, 4) heads, shifted (6, 4, 4)


@pytest.mark.parametrize("text", ["1.vilt", "3.shifted.0", "2.lsh.5@7", "3.stage@0", "1.stage"])
def test_the_text_form_round_trips(text):
    assert str(Site.parse(text)) == text and Site.parse(f" {text} ") == Site.parse(text)


def test_what_the_text_says():
    assert Site.parse("3.shifted.0@4") == Site(3, "shifted", 0, 4)
    assert Site.parse("2.stage") == Site(2, "stage", None, None)


@pytest.mark.parametrize(
    "text", ["", "shifted", "3", "3.shifted.x", "3.shifted@", "1.lsh.0.0", "-1.lsh", "x" * 5000]
)
def test_what_cannot_be_read_is_said(text):
    with pytest.raises(ValueError, match=r"site .*STAGE\.PART") as error:
        Site.parse(text)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0.lsh", ["site stage", "0", "1 to 3"]),
        ("4.lsh", ["site stage", "4", "1 to 3"]),
        ("1.clip", ["site part", "'clip'", "vilt, lsh, shifted, stage"]),
        ("1.lsh.3", ["site head", "3", "0 to 2"]),
        ("1.shifted.6", ["site head", "6", "0 to 5"]),
        ("3.stage.1", ["site head", "1", "0 to 0"]),
        ("1.lsh@8", ["site frame", "8", "0 to 7"]),
    ],
)
def test_what_a_model_lacks_is_named(text, says):
    settings = Ablation().resolve(CONFIG, CONFIG.image_size)
    with pytest.raises(ValueError) as error:
        Site.parse(text).check(CONFIG, settings, 8)
    assert all(each in str(error.value) for each in says)


@pytest.mark.parametrize("head", [-1, True, 1.0, "0"])
def test_a_head_is_a_whole_number(head):
    settings = Ablation().resolve(CONFIG, CONFIG.image_size)
    with pytest.raises(ValueError, match="site head"):
        Site(1, "lsh", head).check(CONFIG, settings, 8)


@pytest.mark.parametrize("ablation", ["vilt=off", "lsh=off", "shifted=off"])
def test_a_part_that_is_off_has_no_activations(ablation):
    part = ablation.partition("=")[0]
    settings = Ablation.parse(ablation).resolve(CONFIG, CONFIG.image_size)
    with pytest.raises(ValueError, match=f"site 2.{part}: this part is off"):
        Site(2, part).check(CONFIG, settings, 8)
    Site(2, "stage").check(CONFIG, settings, 8)
