"""The links of docs/teaching.md open the views that they promise."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from pages.learn.course import LESSONS

NOTE = Path(__file__).parents[3] / "docs" / "teaching.md"
LINKS = re.findall(r"\[([^\]]+)\]\((http://localhost:8501/[^)]*)\)", NOTE.read_text("utf-8"))


def test_the_plan_has_every_lesson_and_lasts_45_minutes():
    rows = re.findall(r"^\| (\d+)–(\d+) \|", NOTE.read_text("utf-8"), re.MULTILINE)
    ends = [int(end) for _, end in rows]
    assert [int(start) for start, _ in rows] == [0, *ends[:-1]] and ends[-1] == 45
    named = {text for text, _ in LINKS}
    assert {f"{n} · {lesson.title}" for n, lesson in enumerate(LESSONS, 1)} <= named


@pytest.mark.parametrize(("text", "link"), sorted(set(LINKS)))
def test_a_link_opens_what_it_promises(text, link, open_app, chosen):
    parts = urlsplit(link)
    query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    at = open_app(parts.path.strip("/"), **query)
    assert not at.warning and not at.error and not at.info  # no part of it was left out
    shown = at.header[0].value if "lesson" in query else at.title[0].value
    assert shown == text
    assert "sample" not in query or chosen(at) == query["sample"]
    assert "ablate" not in query or at.session_state["ablate"] == query["ablate"]
