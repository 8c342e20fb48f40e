"""The cases, one module each, and the table of them."""

from collections.abc import Callable

from tests.bench.cases import chain, elasticsearch, files, full, held, logs, names, physical, pitr, raised, redis, restore, segment
from tests.bench.folder import Folder
from tests.bench.pairs import Row
from tests.bench.stage import Stage

DATABASE: dict[str, Callable[[Stage], Row]] = {
    "mysql.full": full.measure,
    "mysql.restore": restore.measure,
    "mysql.physical": physical.measure,
    "mysql.pitr": pitr.measure,
    "mysql.pitr.physical": raised.measure,
    "mysql.restore.scratch": restore.scratch,
    "mysql.logs": logs.measure,
    "mysql.held": held.measure,
}
ALONE: dict[str, Callable[[int, int], Row]] = {"celery.segment": segment.measure}  # pairs, segments of the long run
OTHERS: dict[str, Callable[[int], Row]] = {  # pairs; each with a platform of its own
    "redis.full": redis.measure,
    "elasticsearch.incremental": elasticsearch.incremental,
    "elasticsearch.restore": elasticsearch.restore,
}
FOLDER: dict[str, Callable[[Folder], Row]] = {
    "files.full": files.full,
    "files.restore": files.restore,
    "files.incremental": files.incremental,
    "files.one": chain.one,
}
NAMES: dict[str, Callable[[int], Row]] = {"files.scan": names.scan, "files.flat": names.flat}  # how many names
CASES = (*DATABASE, *OTHERS, *ALONE, *FOLDER, *NAMES)
