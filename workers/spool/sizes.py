"""How large segments are, and how much room one needs: pure arithmetic over bytes."""

from workers.errors import Permanent

KIB, MIB = 1 << 10, 1 << 20

FIRST = 16 * MIB  # a small dump still overlaps; measured: 16 MiB pieces reached the CPU bound, 64 MiB ones lost 7 % in the tail
MOST = 128 * MIB  # Celery costs 18 ms CPU per segment: 7 % at 16 MiB, 1 % here
EACH = 4  # segments of one size before the next is twice as large
FLYING = 3  # segments that must fit at once: one is cut, one compressed, one uploaded; each stream more cuts one more
LEAST = 8 * MIB  # of a segment, where several streams cut at once: below, Celery would cost more than the streams gain

AGE_CHUNK, AGE_TAG, AGE_HEADER = 64 * KIB, 16, 4 * KIB  # age v1: a tag per 64 KiB; the header has room for some 40 recipients


def stored_at_most(plain: int) -> int:
    """The most bytes that zstd and age make of so many that do not compress."""
    packed = plain + plain // 256 + 64 * KIB  # zstd's ZSTD_compressBound, rounded up generously
    return packed + -(-packed // AGE_CHUNK) * AGE_TAG + AGE_HEADER


def both_forms(plain: int) -> int:
    """The most bytes that a segment takes while its plain and its stored form lie side by side."""
    return plain + stored_at_most(plain)


def largest(limit: int, streams: int = 1, *, stays: bool = False) -> int:
    """The largest segment of which one for each stream and two more fit into `limit`: whole MiB, or whole 64 KiB where the spool is tiny.

    Where the plain form `stays`, so that it is the stored one as well, only those that are being cut need room for two.
    Raises Permanent, naming `spool.bytes`, where not even tiny ones fit.
    """
    step, moving = MIB if limit >= 8 * MIB else 64 * KIB, FLYING - 1
    size = min(MOST, limit // (2 * streams + moving * (1 if stays else 2))) // step * step
    while size > 0 and streams * both_forms(size) + moving * (size if stays else both_forms(size)) > limit:
        size -= step
    if size <= 0:
        raise Permanent(f"spool.bytes = {limit} is too small to cut anything; the default is 96MiB")
    return size


def streams(limit: int) -> int:
    """How many streams may cut at once, at least one: each needs room for a segment worth its while, beside the two that travel."""
    return max(1, limit // both_forms(LEAST) - FLYING + 1)


def target(number: int, limit: int, streams: int = 1, *, stays: bool = False) -> int:
    """Plain bytes of segment `number` (the first is 1) where so many streams cut: 16 MiB at first, twice as large after every fourth."""
    doublings = min((number - 1) // EACH, 8)
    return min(FIRST << doublings, largest(limit, streams, stays=stays))


def told(count: int) -> str:
    """Bytes for people, to be compared with a setting: `96.0 MiB`."""
    return f"{count / MIB:.1f} MiB"
