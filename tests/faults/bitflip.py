"""Flips, truncations, extensions, swaps and deletions of stored objects and manifests: each is found before a byte is loaded.

A damage in one store is survived: the other's copy is taken, and the bad one named. The same damage in both is refused.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyrage

from compose.local.redis import Redis as Server
from tests.faults.verdicts import Verdict, Violation
from workers.artifact import Kind, Order, Run, encode, new_backup_id, new_run_id
from workers.bench.backup import Backup
from workers.bench.restore import Restore
from workers.bench.tools import Tools
from workers.errors import Failure
from workers.plans.drivers import Driver
from workers.settings import load
from workers.sources import SOURCES
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions

SETTINGS = """
secrets_dir = "{root}/secrets"
spool = {{ path = "{root}/spool" }}
[broker]
url = "{broker}"
[hosts.db1]
role = "database"
[hosts.control]
role = "control"
[stores.one]
kind = "local"
path = "{root}/one"
[stores.two]
kind = "local"
path = "{root}/two"
[plans.plain]
required = ["one", "two"]
[plans.sealed]
required = ["one", "two"]
recipients = ["{recipient}"]
[targets.plain]
source = "synthetic"
host = "db1"
plan = "plain"
[targets.plain.synthetic]
segments = 4
bytes = 3000
[targets.sealed]
source = "synthetic"
host = "db1"
plan = "sealed"
[targets.sealed.synthetic]
segments = 4
bytes = 3000
"""


@dataclass
class Ground:
    """Two targets, one of them encrypted, each with one backup in two stores."""

    root: Path
    tools: Tools
    backups: dict[str, Order]

    def objects(self, target: str) -> list[Path]:
        """Every object of a target's backup, as paths below a store."""
        return sorted(path.relative_to(self.root / "one") for path in (self.root / "one" / target).rglob("*") if path.is_file())


@contextmanager
def ground(root: Path) -> Iterator[Ground]:
    """Both backups made and sealed by the product's own hands."""
    identity = pyrage.x25519.Identity.generate()
    SOURCES["synthetic"] = Driver("tests.synthetic.source:Synthetic", "tests.synthetic.source:Options")
    try:
        with Server(root / "redis") as redis:
            (root / "secrets").mkdir(mode=0o700)
            (root / "secrets" / "age_identity").touch(mode=0o600)
            (root / "secrets" / "age_identity").write_text(str(identity))
            settings = root / "canvasback.toml"
            settings.write_text(SETTINGS.format(root=root, broker=redis.url, recipient=identity.to_public()))
            for name in ("one", "two"):
                LocalStore(name, LocalOptions(path=root / name)).initialise()
            tools = Tools(load(settings))
            yield Ground(root, tools, {target: backup(tools, target) for target in ("plain", "sealed")})
    finally:
        SOURCES.pop("synthetic")


def backup(tools: Tools, target: str) -> Order:
    """A sealed backup of a target; the order to restore it."""
    run = Run(new_run_id(), "backup", target, "db1", new_backup_id(Kind.FULL, datetime.now(UTC)))
    tools.ledger.open(run)
    work = Backup(tools, run.id)
    parts = [encode(work.verify(work.upload(work.compress(work.checksum(segment))))) for segment in work.segments()]
    work.seal([encode(work.dumped()), *parts])
    facts = work.dumped().facts
    return Order(run.backup, facts.place, "elsewhere", facts)


def case(here: Ground, chance: random.Random) -> Verdict:
    """One damage, judged, and mended again."""
    target = chance.choice(("plain", "sealed"))
    stores = chance.choice((("one",), ("one", "two")))
    harm = chance.choice(tuple(HARMS))
    with damaged(here, target, stores, harm, chance) as what:
        return judge(here, target, stores, f"{harm} of {what} in {' and '.join(stores)}")


def judge(here: Ground, target: str, stores: tuple[str, ...], what: str) -> Verdict:
    """Read everything a restore would load, as it does before it changes anything."""
    run = Run(new_run_id(), "restore", target, "db1", here.backups[target].backup, order=here.backups[target])
    here.tools.ledger.open(run)
    try:
        Restore(here.tools, run.id).prove()
    except Failure as failure:
        if len(stores) == 2:
            return "refused"
        raise Violation(f"{what}: refused although the other store is whole: {failure.reason}") from failure
    notes = [name for name, _ in here.tools.ledger.entry(run.id).notes if name.startswith("bad:one/")]
    if len(stores) == 2:
        raise Violation(f"{what}: nobody noticed")
    if not notes:
        raise Violation(f"{what}: the other store's copy was taken, and the bad one not named")
    return "survived"


@contextmanager
def damaged(here: Ground, target: str, stores: tuple[str, ...], harm: str, chance: random.Random) -> Iterator[str]:
    """The same objects damaged in each store, in its own way; everything as before afterwards."""
    first, second = chance.sample(here.objects(target), 2)
    before = {(here.root / store / name): (here.root / store / name).read_bytes() for store in stores for name in (first, second)}
    try:
        for store in stores:
            HARMS[harm](here.root / store / first, here.root / store / second, chance)
        yield str(first)
    finally:
        for path, content in before.items():
            path.write_bytes(content)


def flip(path: Path, _other: Path, chance: random.Random) -> None:
    """One bit."""
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def truncate(path: Path, _other: Path, chance: random.Random) -> None:
    """Any number of bytes from the end."""
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])


def extend(path: Path, _other: Path, chance: random.Random) -> None:
    """Some bytes behind the end: anything, a line's end, or the object once more."""
    path.write_bytes(path.read_bytes() + chance.choice((chance.randbytes(1 + chance.randrange(40)), b"\n", path.read_bytes())))


def swap(path: Path, other: Path, _chance: random.Random) -> None:
    """Two objects of one backup."""
    one, two = path.read_bytes(), other.read_bytes()
    path.write_bytes(two)
    other.write_bytes(one)


def delete(path: Path, _other: Path, _chance: random.Random) -> None:
    """The object is gone."""
    path.unlink()


HARMS: dict[str, Callable[[Path, Path, random.Random], None]] = {
    "flip": flip,
    "truncation": truncate,
    "extension": extend,
    "swap": swap,
    "deletion": delete,
}
