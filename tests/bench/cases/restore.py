"""A restore into an empty database. Ours proves every segment first, counts every table and compares.

After the first pair every table is compared with the source: ours has to be equal. The naive one is not, where there are FLOAT columns:
a text dump loses their last digits.
"""

from functools import partial

from compose.demo import story
from tests.bench.pairs import Pairs, Row, Way
from tests.bench.stage import Stage
from workers.errors import Permanent

NAIVE, OURS = "community_naive", "community_ours"


def measure(stage: Stage) -> Row:
    """As many pairs as the stage says."""
    stage.forget_backups()
    stage.naive.backup()
    stage.naive.tidy()
    story.send_backup()
    pairs, work, wrong = Pairs(), stage.naive.work, tuple[str, ...]()
    naive = Way(partial(stage.naive.restore, NAIVE), work, workers=False, before=partial(stage.forget, NAIVE, OURS))
    ours = Way(partial(story.send_restore, OURS), stage.here.root / "spool", workers=True, before=partial(stage.forget, OURS))
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
