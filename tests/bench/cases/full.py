"""A full backup into a folder and a bucket. Both ways check what they wrote; ours reads every segment back from both stores."""

from compose.demo import story
from tests.bench.pairs import Pairs, Row, Way
from tests.bench.stage import Stage


def measure(stage: Stage) -> Row:
    """As many pairs as the stage says."""
    pairs = Pairs()
    naive = Way(stage.naive.backup, stage.naive.work, workers=False, before=stage.naive.tidy)
    ours = Way(story.send_backup, stage.here.root / "spool", workers=True, before=stage.forget_backups)
    for _ in range(stage.rounds):
        pairs.round(stage.here, naive, ours)
    return pairs.row()
