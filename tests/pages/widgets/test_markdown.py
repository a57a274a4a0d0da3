import pytest

from pages.widgets.markdown import plain, sentence


@pytest.mark.parametrize("text", ["**bold**", "[a](http://b)", "<b>x</b>", "`x`", "$x$", "a_b_c"])
def test_marks_are_escaped(text):
    shown = plain(text)
    for mark in "*[]()<>`$_":
        assert shown.count(mark) == shown.count(f"\\{mark}")
    assert shown.replace("\\", "") == text


def test_icons_and_emoji_are_broken_up():
    assert ":material/bug:" not in plain(":material/bug:").replace("\\", "")
    assert ":smile:" not in plain(":smile:").replace("\\", "")


def test_one_line_of_bounded_length_without_control_marks():
    assert plain("a\nb\x00c\u202ed") == "a b c d"
    assert len(plain("x" * 1000, 50)) == 50


def test_sentences_begin_with_a_capital():
    assert sentence(ValueError("ablation x")) == "Ablation x"
    assert sentence("") == ""
