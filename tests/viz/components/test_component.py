"""All browser components: one script each, that writes no markup, declared once."""

import json
import re

import pytest

from viz.components import (
    collection,
    diagram,
    gallery,
    heatplayer,
    lessons,
    motionlab,
    panels,
    player,
)
from viz.components.component import Component, bundle

ALL = [
    *(
        module.COMPONENT
        for module in (collection, diagram, gallery, heatplayer, motionlab, panels, player)
    ),
    *lessons.COMPONENTS.values(),
    *(lessons.CARDS, lessons.PRESENTER, lessons.BALLOT),
]


@pytest.mark.parametrize("component", ALL, ids=lambda c: c.name)
def test_the_script_is_one_module_that_imports_nothing_and_writes_no_markup(component):
    text = component.script
    assert "import " not in "\n".join(x for x in text.splitlines() if not x.startswith("//"))
    assert text.count("\nexport ") == 1 and "\nexport default " in text
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert way not in text
    for host in ("http://", "https://"):
        assert text.replace("http://www.w3.org/2000/svg", "").count(host) == 0
    starts = ("const ", "let ", "function ", "class ", "async function ")
    names = [
        re.split(r"\W+", line.removeprefix("async "))[1]
        for line in text.splitlines()
        if line.startswith(starts)
    ]
    assert len(names) == len(set(names)), "two modules use one name"
    most = 50_000 if component.name == "sct_heat_player" else 100_000
    assert len(text) < most and json.dumps(text)


def test_a_module_comes_once_and_after_what_it_imports(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/a.js").write_text("export const a = 1\n")
    (tmp_path / "b.js").write_text('import { a } from "./parts/a.js"\nexport const b = a + 1\n')
    top = (
        'import { b } from "./b.js"\nimport { a } from "./parts/a.js"\nexport default () => a + b\n'
    )
    (tmp_path / "top.js").write_text(top)
    assert bundle(tmp_path / "top.js").split("\n") == [
        "const a = 1", "", "const b = a + 1", "", "export default () => a + b", ""
    ]  # fmt: skip


def test_it_is_declared_once_and_tells_what_the_browser_sent(tmp_path, monkeypatch):
    import streamlit as st

    declared, mounted, told = [], [], []

    def declare(name, **files):
        declared.append((name, files))
        return lambda **given: mounted.append(given)

    monkeypatch.setattr(st.components.v2, "component", declare)
    monkeypatch.setattr(st, "session_state", {"here": {"view": {"frame": 3}}})
    (tmp_path / "a.js").write_text("export default () => {}\n")
    (tmp_path / "a.css").write_text("p { margin: 0 }\n")
    files = tmp_path / "a.js", tmp_path / "a.css", tmp_path / "a.css"
    component = Component("sct_it", *files, state="view")
    component.mount(b"data", "here", told.append)
    component.mount(b"more", key="here")
    ((name, given),) = declared
    assert name == "sct_it" and given["js"] == "export default () => {}\n"
    assert given["css"] == "p { margin: 0 }\n" * 2 and 'class="sct-it"' in given["html"]
    assert [(m["data"], m["key"]) for m in mounted] == [(b"data", "here"), (b"more", "here")]
    for each in mounted:
        each["on_view_change"]()
    assert told == [{"frame": 3}]
    Component("mute", *files, state=None).mount([], "there")
    assert set(mounted[-1]) == {"data", "key"}
