"""Retention through real workers: old backups go, a worker is killed while the engine removes their data, and the next run goes on.

The engine is the real one; while a file lies beside it, it takes its time to remove data: restic may write 2 KiB a second, and BorgBackup
stands still between the last segment that it has written and the first that it deletes.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import sleep
from typing import TYPE_CHECKING, Any

from tests.sources.engine.hands import tree
from tests.waiting import until
from workers.sources.borg.locks import locks as borg_locks
from workers.transforms.checksum import form_of

if TYPE_CHECKING:
    from tests.sources.engine.platform import Platform

RETENTION = "retention = { yearly = 1 }"  # when a backup begins, the newest before it is kept and no other
BIG = 1 << 20  # bytes that the first backup alone holds
REMOVES = {"restic": b"prune", "borg": b"compact"}
SLOW = {"restic": 'set -- --limit-upload 2 "$@"', "borg": 'export PYTHONPATH="{folder}"'}
STANDS = """
import time
from borg.repository import LoggedIO
LoggedIO.delete_segment = lambda self, segment: time.sleep(120)
"""


def tools(root: Path, engine: str, real: Path) -> Path:
    """A folder with the engine's program, which takes its time where `slow` lies beside it."""
    folder = root / f"tools-{engine}"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(STANDS)
    slow = f'case " $* " in *" {REMOVES[engine].decode()} "*) [ -e {folder}/slow ] && {SLOW[engine].format(folder=folder)};; esac'
    (folder / engine).write_text(f'#!/bin/bash\n{slow}\nexec "{real}/{engine}" "$@"\n')
    (folder / engine).chmod(0o755)
    return folder


def removing(here: "Platform") -> int:
    """The engine's process that removes data now, its lock in place; 0 where there is none."""
    names = (mark.name.partition(".")[0] for mark in (here.root / "state").glob("*.*.*"))
    pids = [int(pid) for pid in names if REMOVES[here.engine] in _words(pid)]
    return pids[0] if pids and locked(here) else 0


def _words(pid: str) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:  # it ended meanwhile
        return []


def locked(here: "Platform") -> list[str]:
    """Who holds the repository in the first store."""
    if here.engine == "borg":
        return [str(lock.pid) for lock in borg_locks(here.repository) if lock.pid]
    return [path.name for path in (here.repository / "locks").iterdir() if "-tmp-" not in path.name]


def size(here: "Platform") -> int:
    """Bytes of the repository in the first store; a killed restic leaves the file that it was writing, which no later one takes away."""
    return sum(path.stat().st_size for path in here.repository.rglob("*") if path.is_file() and "-tmp-" not in path.name)


def killed(here: "Platform") -> dict[str, Any]:
    """A backup whose worker is killed while the engine removes the data of the oldest one; then that worker comes back."""
    slow = here.root / f"tools-{here.engine}" / "slow"
    slow.touch()
    run = here.start()
    until(lambda: removing(here), 60)
    sleep(0.5)  # it is at work by now
    met, left = removing(here), [manifest.id for manifest in here.manifests()]
    here.cluster.kill("source@files1")
    until(lambda: not Path(f"/proc/{met}").exists() or ") Z " in Path(f"/proc/{met}/stat").read_text())
    stale = locked(here)
    slow.unlink()
    here.cluster.start("source@files1")
    entry = here.ended(run)
    return {"met": bool(met), "left": left, "stale": len(stale), "state": entry.state, "why": entry.reason.reason if entry.reason else ""}


def age(here: "Platform", backup: str) -> None:
    """Let what is left of a backup be a day old, as it is where days are kept: what is younger could be a run's that is at work."""
    older = f"{datetime.now(UTC) - timedelta(days=1):%Y%m%dT%H%M%SZ}{backup[16:]}"
    for name in here.app.tools.plan(here.engine).required:
        store = here.app.tools.store(name)
        for found in list(store.list(f"{here.engine}/{backup}/")):
            with store.open(found.key) as record:
                body = record.read()
            store.put(found.key.replace(backup, older), body, form_of(body))
            store.remove(found.key)


def expired(here: "Platform", person: str) -> dict[str, Any]:
    """Three more backups, the worker of the first of them killed; what is left afterwards, and whether it can be restored."""
    before, large = [manifest.id for manifest in here.manifests()], size(here)
    death, trees, equal, sizes = killed(here), dict[str, Any](), list[bool](), list[int]()
    age(here, before[-1])
    for number in (4, 5):
        (here.folder / "new.bin").write_bytes(Random(number).randbytes(5000))
        here.backup()
        sizes.append(size(here))
        trees[here.manifests()[0].id] = tree(here.folder)
    for backup, found in trees.items():
        here.restore(into := here.root / f"{here.engine}-{backup}", backup=backup)
        equal.append(tree(into) == found)
    manifests, stores = here.manifests(), here.app.tools.plan(here.engine).required
    snapshots = {dict(manifest.facts.extras)["snapshot"] for manifest in manifests}
    source = here.app.tools.source(here.engine)
    return {
        "before": before,
        "death": death,
        "kept": [manifest.id for manifest in manifests],
        "made": list(trees)[::-1],
        "gone": [dict(manifest.facts.extras).get("expired", "") for manifest in manifests],
        "warnings": [manifest.facts.warnings for manifest in manifests],
        "equal": equal,
        "freed": large - sizes[0],
        "agree": [source.held(store) - {person} == snapshots for store in stores[:1]],
        "copies": [snapshots <= source.held(store) and len(source.homes.of(store).snapshots()) == len(snapshots) for store in stores[1:]],
        "person": person in source.held("nas"),
        "records": sorted({found.key.split("/")[1] for store in stores for found in here.app.tools.store(store).list(f"{here.engine}/")}),
        "locked": locked(here),
    }
