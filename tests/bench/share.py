"""What the cost of a segment makes of a run of 10 GB, by calculation: how many segments it has depends on the room in the spool."""

from tests.bench.pairs import Row
from workers.settings import Spool
from workers.spool import sizes

RUN = 10e9  # bytes of SQL
LEANEST = 28.3 / 1.707e9  # CPU seconds for each byte of a verified backup on two idle cores, in the leanest variant that was measured
WIDE = 1 << 30  # bytes of a spool in which segments grow to their largest


def segments(size: float, limit: int) -> int:
    """How many segments a dump of so many bytes is cut into where the spool has room for `limit`."""
    count = 0
    while size > 0:
        count += 1
        size -= sizes.target(count, limit)
    return count


def row(milliseconds: float, cpu_of_byte: float = LEANEST) -> Row:
    """The share of such a run's CPU, with the default spool and with a wide one; `cpu_of_byte` is what this run measured, if it did."""
    few, many = segments(RUN, WIDE), segments(RUN, Spool().bytes)
    each = milliseconds / 1000 / (cpu_of_byte * RUN)
    return {
        "cpu_seconds_of_10_gb": cpu_of_byte * RUN,
        "share_of_10_gb": many * each,
        "segments_of_10_gb": many,
        "share_of_10_gb_in_a_spool_of_1_gib": few * each,
        "segments_of_10_gb_in_a_spool_of_1_gib": few,
    }
