"""A restore of a physical full against `gunzip | mysql`: from the store to a server that was started, looked into, ended, and handed over.

After the first pair every table of the new server is compared with the source: ours has to be equal. How long such a full takes, and the
CPU seconds of it, stand beside the pairs.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import pymysql

from compose.demo import community, story
from compose.local.platform import Platform
from tasks.starts import start_restore
from tests.bench.pairs import Pairs, Row, Way
from tests.bench.stage import Stage
from tests.bench.watch import used
from workers.artifact import Facts, Order, encode, new_run_id
from workers.catalog import index
from workers.celery import app
from workers.errors import Permanent
from workers.sources.mysql.physical import known
from workers.sources.mysql.scratch.copied import as_it_is
from workers.sources.mysql.scratch.home import furnish
from workers.topology import CONTROL

NAIVE = "community_naive"


def measure(stage: Stage) -> Row:
    """As many pairs as the stage says."""
    stage.forget_backups()
    stage.naive.backup()
    stage.naive.tidy()
    here, place = stage.here, stage.here.root / "new"
    with physically(here):
        with used(here, spool=here.root / "spool", workers=True) as full:
            story.send_backup()
        pairs, work = Pairs(), stage.naive.work
        naive = Way(partial(stage.naive.restore, NAIVE), work, workers=False, before=partial(forget, stage, place))
        ours = Way(partial(restore, place), here.root / "spool", workers=True, before=partial(forget, stage, place))
        for number in range(stage.rounds):
            pairs.round(here, naive, ours)
            if number == 0:
                equal(here, place)
        forget(stage, place)
    return pairs.row() | {"full": full.wall, "full_cpu": full.cpu, "full_spool": full.spool}


@contextmanager
def physically(here: Platform) -> Iterator[None]:
    """The workers make physical fulls, as long as the block runs."""
    if here.database.flavour == "mysql":
        with suppress(pymysql.err.OperationalError):  # 1125: it is there already
            here.database.run("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
    try:
        again(here, 'mode = "physical"')
        yield
    finally:
        again(here, "")


def again(here: Platform, target: str) -> None:
    """Start the workers anew, with these options in their target."""
    here.cluster.stop()
    here.write_settings(target=target)
    here.cluster.start()


def restore(place: Path) -> None:
    """Restore the newest backup as a new server and wait for its end."""
    newest = index.backups(app.tools.stores_of("community"), "community").entries[0].manifest
    run, order = new_run_id(), Order(newest.id, newest.facts.place, str(place), newest.facts, server=str(place))
    start_restore.apply_async(("community", encode(order), run), queue=CONTROL)
    story.wait(run)


def forget(stage: Stage, place: Path) -> None:
    """Drop what was restored before."""
    stage.forget(NAIVE)
    shutil.rmtree(place, ignore_errors=True)


def equal(here: Platform, place: Path) -> None:
    """Permanent, naming the tables, where a server was handed over as proven, and is not equal to its source."""
    facts: Facts = index.backups(app.tools.stores_of("community"), "community").entries[0].manifest.facts
    home = place.with_name("look")
    home.mkdir()
    furnish(home)
    (home / "data").symlink_to(place)
    with here.database.admin() as connection:
        wanted = community.checksums(connection)
    with as_it_is(known.wished(facts, home, here.database.tools), home) as running, closing(running.server.connect()) as session:
        found = community.checksums(session)
    shutil.rmtree(home)
    if wrong := [table for table in wanted if found[table] != wanted[table]]:
        raise Permanent(f"a new server was handed over, and these tables differ from the source's: {', '.join(wrong)}")
