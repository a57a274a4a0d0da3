"""docs/licences.md: a row for each package that is taken, and in it what the package says."""

import re

from tests.deploy.licences import PAGE, locked, page, rows, stated

# A licence of another kind is to be read by a person first.
FREE = "MIT|(3-Clause )?BSD|Apache|PSF|Python Software Foundation|MPL|.*NVIDIA"


def test_each_locked_package_has_its_row():
    assert list(rows(PAGE.read_text())) == list(locked()) and len(locked()) > 60


def test_the_rows_say_what_the_installed_packages_say():
    written = rows(PAGE.read_text())
    here = {name: said for name in locked() if (said := stated(name))}
    assert len(here) > 40
    assert {name: written[name] for name in here} == here


def test_writing_it_anew_changes_nothing():
    assert page(PAGE.read_text()) == PAGE.read_text()


def test_no_package_has_a_licence_of_another_kind():
    other = {name: of for name, of in rows(PAGE.read_text()).items() if not re.match(FREE, of)}
    assert not other
    assert not [of for of in rows(PAGE.read_text()).values() if re.search(r"\bA?GPL", of)]
