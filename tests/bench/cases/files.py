"""Backups and restores of a folder by real workers, beside the customer's scripts, restic and BorgBackup, all in one run."""

import subprocess
from collections.abc import Callable
from itertools import count
from pathlib import Path

from tests.bench.engines import Bare
from tests.bench.folder import FULL, INCREMENTAL, RESTORE, Folder
from tests.bench.pairs import Pairs, Row, Way
from workers.errors import Permanent

ENGINES = ("restic", "borg")


def full(stage: Folder) -> Row:
    """`tar | gzip -6` and a checksum, beside a full backup of which every segment is read back. Neither engine reads back what it wrote."""
    pairs = Pairs()
    naive = apart(stage, lambda: stage.script(FULL), stage.warm)
    ours = Way(lambda: stage.back_up("full"), stage.root / "spool", workers=True, before=stage.forget)
    engines = {bare.engine: apart(stage, lambda bare=bare: bare.backup(stage.uploads, "full"), anew(stage, bare)) for bare in bares(stage)}
    for _ in range(stage.rounds):
        pairs.round(stage, naive, ours, **engines)
    return pairs.row()


def incremental(stage: Folder) -> Row:
    """Restic's second backup, beside an incremental one: one file of a hundred changed before each round. Also tar's, and BorgBackup's."""
    first, many = bares(stage), iter(range(stage.rounds * len(ENGINES)))
    stage.script(INCREMENTAL)
    stage.back_up("full")
    for bare in first:
        bare.anew()
        bare.backup(stage.uploads, "full")
    restic, borg = (apart(stage, lambda bare=bare: bare.backup(stage.uploads, f"next-{next(many)}")) for bare in first)
    ours = Way(lambda: stage.back_up("incremental"), stage.root / "spool", workers=True)
    pairs = Pairs()
    for _ in range(stage.rounds):
        stage.change()
        pairs.round(stage, restic, ours, borg=borg, tar=apart(stage, lambda: stage.script(INCREMENTAL)))
    return pairs.row()


def restore(stage: Folder) -> Row:
    """`tar -xz`, beside a restore whose every segment, file and name is proven; and restic's and BorgBackup's. Each into a new folder.

    None is removed before the end: ext4 without a journal passes over what was deleted in the last minutes, inode by inode, so that whoever
    makes files then takes several times as long (290 µs a file instead of 30, measured).
    """
    stage.script(FULL)
    backup = stage.back_up("full").run.backup
    places, many = dict[str, Path](), count(1)

    def fresh(name: str) -> Callable[[], None]:
        """What has to be done before one writes to its place."""

        def anew() -> None:
            places[name] = stage.root / "restored" / f"{name}-{next(many)}"
            places[name].mkdir(parents=True)

        return anew

    engines = {}
    for bare in bares(stage):
        bare.anew()
        bare.backup(stage.uploads, "full")
        engines[bare.engine] = apart(stage, lambda bare=bare: bare.restore("full", places[bare.engine]), fresh(bare.engine))
    naive = apart(stage, lambda: stage.script(RESTORE, into=places["naive"]), fresh("naive"))
    ours = Way(lambda: stage.bring_back(backup, places["ours"]), stage.root / "spool", workers=True, before=fresh("ours"))
    pairs = Pairs()
    for _ in range(stage.rounds):
        pairs.round(stage, naive, ours, **engines)
    equal(stage.uploads, places["ours"])
    return pairs.row()


def bares(stage: Folder) -> tuple[Bare, ...]:
    """The engines, with repositories in a folder of their own."""
    return tuple(Bare(engine, stage.engines) for engine in ENGINES)


def anew(stage: Folder, bare: Bare) -> Callable[[], None]:
    """What has to be done before an engine makes a first backup."""

    def ready() -> None:
        bare.anew()
        stage.warm()

    return ready


def apart(stage: Folder, work: Callable[[], object], before: Callable[[], object] = lambda: None) -> Way:
    """What is done by a child of the benchmark, in the scripts' folder."""
    return Way(work, stage.work, workers=False, before=before)


def equal(one: Path, other: Path) -> None:
    """Permanent where a restore of ours said that it was done, and it was not."""
    done = subprocess.run(["diff", "--recursive", "--brief", "--no-dereference", one, other], check=False, capture_output=True, text=True)
    if done.returncode:
        raise Permanent(f"a restore said that it was done, and it differs from what was backed up: {done.stdout[:500]}")
