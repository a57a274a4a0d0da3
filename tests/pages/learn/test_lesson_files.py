"""The files that lessons are read from: complete, used, and clear on what is wrong in them."""

import ast
import importlib
import inspect
import tomllib

import pytest

from pages.learn.course import LESSONS, MODULES
from pages.learn.lesson import CONTENT, read

FILES = sorted(CONTENT.glob("*.toml"))
NAMES = [file.stem for file in FILES]


def test_each_file_is_a_lesson_in_its_place():
    assert [module.__name__.rpartition(".")[2] for module in MODULES] == NAMES
    assert [read(file) for file in FILES] == list(LESSONS)
    assert len({lesson.key for lesson in LESSONS}) == len(LESSONS)


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_file_is_complete_and_what_it_names_in_the_source_exists(file):
    lesson = read(file)
    assert lesson.steps and lesson.symbols and lesson.code
    for code in lesson.code:
        module, _, name = code.place.partition(":")
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        assert inspect.getsource(found)


@pytest.mark.parametrize(("file", "module"), [*zip(FILES, MODULES, strict=True)], ids=NAMES)
def test_the_live_parts_use_every_text_of_their_file(file, module):
    lesson, tree = read(file), ast.parse(inspect.getsource(module))
    used = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    votes = {f"said_{vote}" for vote in lesson.choices.get("vote", {})}
    assert {*lesson.texts, *lesson.metrics, *lesson.choices} <= used | votes
    steps = [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "step"
    ]
    assert sorted(steps) == [i + 1 for i in range(len(lesson.steps))]


def test_options_are_plain_and_what_a_step_has_beside_it_comes_before_it():
    for lesson in LESSONS:
        for question in lesson.questions:  # a show of hands sets them as text
            assert not any(set(option.text) & set("*_`$[]") for option in question.options)
        for number, step in enumerate(lesson.steps, 1):
            assert 0 <= step.beside < number


def test_lines_of_a_paragraph_are_joined_and_formulas_kept():
    lesson = LESSONS[0]
    texts = [step.text for step in lesson.steps] + [q.text for q in lesson.questions]
    assert not any("\n" in text or "  " in text for text in texts)
    assert "$$\nz_i" in lesson.formulas


@pytest.fixture
def changed(tmp_path):
    """A lesson's file in which `old` stands as `new`."""

    def write(old, new):
        text = FILES[0].read_text("utf-8")
        assert old in text
        path = tmp_path / "lesson9.toml"
        path.write_text(text.replace(old, new, 1), "utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("minutes = 5\n", "", "minutes: it is missing"),
        ("minutes = 5", 'minutes = "5"', "minutes: a whole number is needed, not '5'"),
        ("minutes = 5", "minutes = 5\nhours = 1", "hours: there is no such field"),
        ("title = ", "heading = ", "heading: there is no such field"),
        ('key = "patches"', 'key = " "', "key: it is empty"),
        ("why = ", "reason = ", "questions.0.options.0.reason: there is no such field"),
        ("right = 2", "right = 3", "questions.0.right: 3, allowed: 0 to 2"),
        (
            "[[questions]]",
            "[[questions]]\nright = 0\n[[questions]]",
            "questions.0.text: it is missing",
        ),
        ("[texts]", "[[texts]]", "texts: a table is needed"),
        ("key = ", "key : ", "line 3"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(changed, old, new, told):
    with pytest.raises(ValueError, match=r"^lesson9\.toml: ") as error:
        read(changed(old, new))
    assert told in str(error.value) and "\n" not in str(error.value)


def test_a_lesson_has_two_questions_of_two_to_four_options(tmp_path):
    text = FILES[0].read_text("utf-8")
    table = tomllib.loads(text)
    asked, options = text.index("[[questions]]"), table["questions"][0]["options"]
    second = text.index("[[questions]]", asked + 1)
    path = tmp_path / "lesson9.toml"
    path.write_text(text[:asked] + text[second:], "utf-8")
    with pytest.raises(ValueError, match="questions: 1, but a lesson has two"):
        read(path)
    more = '[[questions.options]]\ntext = "x"\nwhy = "y"\n' * (5 - len(options))
    path.write_text(text[:second] + more + text[second:], "utf-8")
    with pytest.raises(ValueError, match=r"questions\.0\.options: 5, allowed: 2 to 4"):
        read(path)
