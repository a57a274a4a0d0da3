import re

from click.testing import CliRunner

from benchmarks.studies import collection_page
from sct.collection.query import Rows
from sct.collection.runs import open_run
from tests.sct.collection.made import write_run


def test_each_thing_that_the_page_asks_is_timed(tmp_path):
    path = tmp_path / "made.parquet"
    write_run(path, 1500)
    result = CliRunner().invoke(collection_page.cli, ["--run", str(path), "--repeats", "2"])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("1,500 rows")
    rows = re.findall(r"^\| (.+?) \| (\d+) \| (\d+) \|$", result.stdout, re.M)
    assert [name for name, *_ in rows] == list(collection_page.asked(Rows(open_run(path))))
    assert all(int(median) <= int(slowest) for _, median, slowest in rows)
