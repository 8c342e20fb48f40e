"""The table that `make bench` prints."""

from tests.bench.pairs import Row

WIDTHS = {"naive": 9, "ours": 9, "ratio": 7, "n": 4, "naive_cpu": 11, "ours_cpu": 10, "bound": 8}
SIZES = {"naive_spool": 13, "ours_spool": 12, "rss": 9}
PAIRED = {*WIDTHS, *SIZES, "ratio_least", "ratio_most", "naive_others", "ours_others"}
HEAD = f"{'case':22}" + "".join(f"{name:>{width}}" for name, width in {**WIDTHS, **SIZES}.items()) + "   (seconds; MiB)"


def lines(name: str, row: Row) -> str:
    """One line for a case in pairs; one for each figure of any other."""
    if not SIZES.keys() <= row.keys():
        return "\n".join(f"{name:22}{key:>42}{value:>14.4g}" for key, value in row.items())
    numbers = "".join(f"{row[key]:>{width}.{0 if key == 'n' else 2}f}" for key, width in WIDTHS.items())
    sizes = "".join(f"{row[key] / 2**20:>{width}.1f}" for key, width in SIZES.items())
    spread = f"ratios {row['ratio_least']:.2f} to {row['ratio_most']:.2f}"
    more = "".join(f"; {key} {value:.4g}" for key, value in row.items() if key not in PAIRED)
    return f"{name:22}{numbers}{sizes}   {spread}; others took {row['naive_others']:.2f} and {row['ours_others']:.2f} cores{more}"
