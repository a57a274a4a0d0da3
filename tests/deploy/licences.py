"""Writes the table of `docs/licences.md`: `python -m tests.deploy.licences`.

A package that is not installed here (for another system, or for a GPU) keeps the row that it has.
"""

import re
from importlib.metadata import PackageNotFoundError, metadata

from tests.deploy.dockerfile import ROOT

PAGE = ROOT / "docs" / "licences.md"
LOCKS = ("requirements.lock", "requirements-sign-in.lock")
_HEAD = "| package | licence |\n|---|---|\n"


def locked():
    """The packages that the locks pin, sorted: their versions by name."""
    found = {}
    for lock in LOCKS:
        for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / lock).read_text(), re.M):
            found.setdefault(name, set()).add(version)
    return dict(sorted(found.items()))


def stated(name):
    """What a package says of its licence, in one line; None where it is not installed as locked."""
    try:
        says = metadata(name)
    except PackageNotFoundError:
        return None
    if says["Version"].partition("+")[0] not in locked()[name]:
        return None
    whole = (says["License"] or "").strip()
    kinds = [each for each in says.get_all("Classifier") or [] if each.startswith("License ::")]
    short = whole if len(whole) <= 60 and "\n" not in whole else ""
    return says["License-Expression"] or short or ", ".join(k.split(" :: ")[-1] for k in kinds)


def rows(text):
    """The rows of the page's table: licences by package."""
    _, _, table = text.partition(_HEAD)
    return dict(re.findall(r"^\| ([\w.-]+) \| (.+) \|$", table, re.M))


def page(text):
    """The page with its table made anew."""
    before, known = text.partition(_HEAD)[0], rows(text)
    made = {name: stated(name) or known.get(name, "not known") for name in locked()}
    return before + _HEAD + "".join(f"| {name} | {of} |\n" for name, of in made.items())


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
