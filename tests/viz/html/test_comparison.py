import numpy as np

from viz.html import comparison

HOSTILE = "<b>$x$ </b>"


def test_variants_beside_each_other_are_a_table_of_text():
    one = comparison.Column("as trained", "#111111", np.array([0.25, 0.75]), ("x",))
    two = comparison.Column(HOSTILE, "#222222", np.array([0.5, 0.5]), (HOSTILE,))
    text = comparison.table(["a", HOSTILE], [one, two], ["fact"], truth="a")
    assert "<b>$x$" not in text and text.count("&lt;b&gt;") == 3
    assert "▲ +25.0" in text and "▼ −25.0" in text
    (truth,) = [row for row in text.split("<tr") if row.startswith(" class=strong>")]
    assert truth.count("<th") == 1 and '>a</span> <span class="n">(truth)<' in truth
    assert text.count("<tr") == 4


def test_a_table_without_facts_has_rules_of_its_own():
    one = comparison.Column("x", "#111111", np.array([0.25, 0.75]), ())
    text = comparison.table(["a", "b"], [one], [])
    assert text.count("<tr") == 3 and "sct-beside" not in text
