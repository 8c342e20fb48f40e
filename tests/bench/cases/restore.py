"""A restore into an empty database. Ours proves every segment first, counts every table and compares.

After the first pair every table is compared with the source: ours has to be equal. The naive one is not, where there are FLOAT columns:
a text dump loses their last digits. `scratch` is the same for a trial, which stays out of the server's binary log.
"""

from collections.abc import Callable
from functools import partial

from compose.demo import story
from tasks.starts import start_restore
from tests.bench.pairs import Pairs, Row, Way
from tests.bench.stage import Stage
from workers.artifact import Order, encode, new_run_id
from workers.catalog import index
from workers.catalog.ledger import Entry
from workers.celery import app
from workers.errors import Permanent
from workers.topology import CONTROL

NAIVE, OURS = "community_naive", "community_ours"


def measure(stage: Stage) -> Row:
    """As many pairs as the stage says."""
    return _measure(stage, story.send_restore)


def scratch(stage: Stage) -> Row:
    """The same for a trial."""
    return _measure(stage, send_trial)


def send_trial(into: str) -> Entry:
    """Restore the newest backup for a trial and wait for its end."""
    newest = index.backups(app.tools.stores_of("community"), "community").entries[0].manifest
    run, order = new_run_id(), Order(newest.id, newest.facts.place, into, newest.facts, scratch=True)
    start_restore.apply_async(("community", encode(order), run), queue=CONTROL)
    return story.wait(run)


def _measure(stage: Stage, send: Callable[[str], Entry]) -> Row:
    stage.forget_backups()
    stage.naive.backup()
    stage.naive.tidy()
    story.send_backup()
    pairs, work, wrong = Pairs(), stage.naive.work, tuple[str, ...]()
    naive = Way(partial(stage.naive.restore, NAIVE), work, workers=False, before=partial(stage.forget, NAIVE, OURS))
    ours = Way(partial(send, OURS), stage.here.root / "spool", workers=True, before=partial(stage.forget, OURS))
    for number in range(stage.rounds):
        pairs.round(stage.here, naive, ours)
        if number == 0:
            wrong = stage.unequal(NAIVE)
            equal(stage)
    stage.forget(NAIVE, OURS)
    return pairs.row() | {"naive_unequal_tables": len(wrong)}


def equal(stage: Stage) -> None:
    """Permanent, naming the tables, where a restore of ours said that it was done, and it was not."""
    if wrong := stage.unequal(OURS):
        raise Permanent(f"a restore said that it was done, and these tables differ from the source's: {', '.join(wrong)}")
