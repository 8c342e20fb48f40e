"""The arithmetic of pairs, and their order."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.bench.pairs import Pairs, Way
from tests.bench.watch import Used

NOBODY = SimpleNamespace(servers=(), cluster=SimpleNamespace(children={}))


def pairs(*walls):
    """Pairs of wall seconds, naive and ours; ours used twice as many CPU seconds."""
    return Pairs([Used(wall=naive) for naive, _ in walls], [Used(wall=ours, cpu=2 * ours, spool=int(ours), rss=7) for _, ours in walls])


def test_the_ratio_is_the_median_of_the_pairs_ratios_and_not_the_ratio_of_the_medians():
    row = pairs((10, 1), (20, 10), (30, 5)).row()
    assert (row["naive"], row["ours"], row["ratio"]) == (20, 5, 6)
    assert (row["ratio_least"], row["ratio_most"], row["n"]) == (2, 10, 3)


def test_the_bound_is_the_cpu_of_ours_over_the_cores():
    row = pairs((10, 4)).row()
    assert row["bound"] == pytest.approx(8 / os.cpu_count())


def test_a_peak_is_the_greatest_of_all_rounds():
    assert pairs((10, 4), (10, 9), (10, 5)).row()["ours_spool"] == 9


def test_every_round_begins_with_the_other_way():
    done = []
    found = Pairs()
    naive = Way(lambda: done.append("naive"), Path("/nowhere"), workers=False)
    ours = Way(lambda: done.append("ours"), Path("/nowhere"), workers=True, before=lambda: done.append("before"))
    for _ in range(3):
        found.round(NOBODY, naive, ours)
    assert done == ["naive", "before", "ours", "before", "ours", "naive", "naive", "before", "ours"]
    assert len(found.naive) == len(found.ours) == 3


def test_what_is_beside_a_pair_is_measured_in_each_round_between_the_two():
    done, found = [], Pairs()
    naive, ours, tar = (Way(lambda name=name: done.append(name), Path("/nowhere"), workers=False) for name in ("naive", "ours", "tar"))
    for _ in range(2):
        found.round(NOBODY, naive, ours, tar=tar)
    assert done == ["naive", "tar", "ours", "ours", "tar", "naive"]
    row = Pairs([Used(wall=9)], [Used(wall=2)], {"tar": [Used(wall=3, cpu=1)]}).row()
    assert (row["tar"], row["tar_cpu"], row["tar_ratio"], row["ratio"]) == (3, 1, 1.5, 4.5)


def test_a_way_that_fails_gives_no_figure():
    found = Pairs()
    with pytest.raises(ZeroDivisionError):
        found.round(NOBODY, Way(lambda: 1 / 0, Path("/nowhere"), workers=False), Way(print, Path("/nowhere"), workers=True))
    assert (found.naive, found.ours) == ([], [])
