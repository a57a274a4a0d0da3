import re
from html.parser import HTMLParser

from sct.model.config import SIZES
from sct.profiling.layers import layer_costs
from viz.html import model
from viz.html.table import Cell, Column, table

HOSTILE = "<img src=x onerror=alert(1)>\"'&"


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    return reader


def test_whatever_goes_in_is_text():
    found = read(table([Column(HOSTILE)], [[Cell(HOSTILE, 0.5, note=HOSTILE)]], HOSTILE))
    assert {tag for tag, _ in found.tags} <= set(
        ["style", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "span", "i"]
    )
    assert found.text.count(HOSTILE) == 4
    assert dict(found.tags)["div"]["aria-label"] == HOSTILE


def test_bars_stay_within_their_column_and_headings_head():
    found = read(table([Column("a"), Column("b", numbers=True)], [["x", Cell("9", 7.0)]], "t"))
    widths = [a["style"] for tag, a in found.tags if tag == "i"]
    assert widths == ["width:100.00%"]
    assert [a["scope"] for tag, a in found.tags if tag == "th"] == ["col", "col", "row"]


def test_shares_of_parts_add_up():
    for config in SIZES.values():
        html = model.costs(layer_costs(config), {p.key: 0.25 for p in layer_costs(config)})
        shares = [float(v) for v in re.findall(r'class="n">(\d+\.\d)%', html)]
        assert abs(sum(shares) - 300) < 2  # of parameters, multiply-adds and time
        assert html.count("<tr") == len(layer_costs(config)) + 2
