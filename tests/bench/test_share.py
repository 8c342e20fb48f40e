"""What a segment's cost makes of a long run."""

import pytest

from tests.bench import share
from workers.spool import sizes


def test_the_segments_of_a_run_are_those_that_the_ramp_gives():
    assert share.segments(4 * sizes.FIRST, share.WIDE) == 4
    assert share.segments(4 * sizes.FIRST + 1, share.WIDE) == 5
    assert share.segments(12 * sizes.FIRST, share.WIDE) == 8


def test_a_narrow_spool_makes_more_segments():
    assert share.segments(1e10, 96 << 20) > 5 * share.segments(1e10, share.WIDE)


def test_the_share_is_of_the_cpu_that_the_whole_run_costs():
    row = share.row(20.0, cpu_of_byte=1e-8)
    assert row["cpu_seconds_of_10_gb"] == pytest.approx(100)
    assert row["share_of_10_gb"] == pytest.approx(row["segments_of_10_gb"] * 0.02 / 100)
