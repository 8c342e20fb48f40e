"""The cases, one module each, and the table of them."""

from collections.abc import Callable

from tests.bench.cases import full, restore, segment
from tests.bench.pairs import Row
from tests.bench.stage import Stage

DATABASE: dict[str, Callable[[Stage], Row]] = {"mysql.full": full.measure, "mysql.restore": restore.measure}
ALONE: dict[str, Callable[[int, int], Row]] = {"celery.segment": segment.measure}  # pairs, segments of the long run
CASES = (*DATABASE, *ALONE)
