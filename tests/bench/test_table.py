"""The table: a line for a case in pairs, all figures of any other."""

from tests.bench.pairs import Pairs
from tests.bench.table import HEAD, lines
from tests.bench.watch import Used


def test_a_case_in_pairs_is_one_line_below_its_heads():
    row = Pairs([Used(wall=12.0)], [Used(wall=3.0, spool=5 << 20)]).row()
    line = lines("mysql.full", row)
    assert "\n" not in line
    assert HEAD.index("ratio") + len("ratio") == line.index("4.00") + len("4.00")
    assert "5.0" in line


def test_any_other_case_tells_each_figure_with_its_name():
    assert [line.split() for line in lines("celery.segment", {"naive": 12.3456, "n": 3}).splitlines()] == [
        ["celery.segment", "naive", "12.35"],
        ["celery.segment", "n", "3"],
    ]
