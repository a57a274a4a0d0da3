import json

import duckdb
import numpy as np
import pyarrow.parquet as pq
from click.testing import CliRunner

from benchmarks.studies import collection_rows
from sct.collection.schema import check_schema


def test_made_rows_are_those_of_a_run_and_every_question_is_answered(tmp_path, monkeypatch):
    monkeypatch.setattr(collection_rows, "GROUP", 700)
    out = tmp_path / "made.parquet"
    given = ["--rows", "2000", "--repeats", "1", "--file", str(out), "--json"]
    result = CliRunner().invoke(collection_rows.main, given)
    found = json.loads(result.stdout)
    assert found["rows"] == 2000 and found["bytes"] == out.stat().st_size
    assert set(found["seconds"]) == set(collection_rows.ASKED)
    file = pq.ParquetFile(out)
    assert check_schema(file.schema_arrow) == collection_rows.HEADER
    assert file.num_row_groups == 3 and file.metadata.num_rows == 2000
    table = file.read().to_pydict()
    assert sorted(table["file"]) == table["file"]
    effects = np.array([abs(e) if e is not None else -1 for e in table["effect_0_camera"]])
    sql = collection_rows.ASKED["most changed without the path of motion"]
    with duckdb.connect() as base:
        base.execute(
            f"CREATE VIEW run AS SELECT * FROM read_parquet('{out}', file_row_number = true)"
        )
        best = [number for (number,) in base.execute(sql).fetchall()]
    assert effects[best].tolist() == sorted(effects, reverse=True)[:24]
