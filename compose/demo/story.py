"""The steps of the demo's story: start and stop the platform, back up, restore, look into Slack."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from compose.demo import others
from compose.demo.screen import Stage, console
from compose.local.platform import Platform, default_database, platform
from compose.local.s3 import S3
from compose.local.server import free_port
from tasks.starts import start_backup, start_restore
from workers.alerts.words import size
from workers.artifact import Order, encode, new_run_id
from workers.bench import planning
from workers.catalog.ledger import Entry
from workers.catalog.manifest import Manifest
from workers.celery import app
from workers.errors import Permanent, Refused
from workers.topology import CONTROL

PATIENCE = 600  # seconds one run of the demo may take
MESSAGES = ("Backup sealed", "Backup sealed", "Restore proven", "Restore proven")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many tables of how many are equal, and whether everything was proven."""

    equal: int
    tables: int
    proven: bool

    @property
    def line(self) -> str:
        """The last line of the demo."""
        return f"{self.equal} of {self.tables} tables equal, {'0 rows lost' if self.proven else 'NOT PROVEN'}"


def start(here: Platform) -> None:
    """Servers first, then accounts, store and settings, then workers and beat."""
    for server in here.servers:
        server.start()
    here.make_account()
    here.make_store()
    here.write_settings()
    others.settle(here)
    here.cluster.start()
    _note_pids(here)


def _note_pids(here: Platform) -> None:
    (here.root / "workers" / "pids").write_text("\n".join(str(child.pid) for child in here.cluster.children.values()))


def servers(here: Platform) -> str:
    """What was started, in words."""
    with here.database.admin() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        version = str(cursor.fetchone()[0]).partition("-")[0]
    more = " and ".join(server.name for server in here.beside)
    what = f"{here.database.name} {version} · redis · seaweedfs · slack sink · {more} to protect"
    return f"{what} · {len(here.cluster.children)} workers and beat"


def made(root: Path) -> Platform:
    """The platform of the demo in a folder, running or not: a database, two stores, and everything between."""
    return others.join(platform(root, default_database(root / "database", detached=True), S3(root / "s3", detached=True), detached=True))


def stop(here: Platform) -> None:
    """End workers and servers, whoever started them."""
    pids = here.root / "workers" / "pids"
    for pid in pids.read_text().split() if pids.exists() else []:
        _end(int(pid))
    for server in reversed(here.servers):
        server.stop()
    others.clear(here)


def _end(pid: int) -> None:
    for how, seconds in ((signal.SIGQUIT, 15), (signal.SIGKILL, 5)):
        end = time.monotonic() + seconds
        while time.monotonic() < end and _is_worker(pid):
            os.kill(pid, how)
            time.sleep(0.5)


def _is_worker(pid: int) -> bool:
    """Whether the process is one of ours: numbers are given again."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
        os.waitpid(pid, os.WNOHANG)
    except (FileNotFoundError, ChildProcessError):
        line = Path(f"/proc/{pid}/cmdline").read_bytes() if Path(f"/proc/{pid}").exists() else b""
    return b"celery" in line and b"workers" in line


def backup(line: Stage) -> None:
    """Back up, and say what was sealed."""
    entry = send_backup()
    plain, stored, segments = (float(entry.note(name) or 0) for name in ("plain", "stored", "segments"))
    line.say("dump → checksum → compress → upload → verify on db1")
    line.say(f"sealed {entry.run.backup}: {size(stored)} in {entry.note('copies')}, {segments:.0f} of {segments:.0f} segments read back")
    line.tail = f"{size(plain / max(line.seconds, 0.001))}/s of {size(plain)}"


def survive(here: Platform, line: Stage) -> None:
    """Back up once more; in the middle of it the worker of the segments and Redis are killed."""
    run = new_run_id()
    start_backup.apply_async(("community", "full", None, run), queue=CONTROL)
    _until(run, "verified.segments")
    here.cluster.kill("segments@db1")
    here.redis.kill()
    here.redis.start()
    here.cluster.start("segments@db1")
    _note_pids(here)
    entry = wait(run)
    line.say("kill -9 of segments@db1 and of Redis in mid backup; both started again")
    line.say(f"sealed once all the same: {entry.run.backup}, {entry.note('segments')} of {entry.note('segments')} segments read back")


def _until(run: str, counter: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(Refused):  # control has not opened it yet
            if app.tools.ledger.entry(run).counter(counter):
                return
        time.sleep(0.05)
    raise Permanent(f"run {run} never counted {counter}")


def damage(here: Platform) -> str:
    """Flip one bit in the middle of a data segment of the newest backup in the first store; the segment's name."""
    folder = here.root / "nas" / "community" / newest("community").id
    victim = min(folder.glob("segments/*.data.*"))
    with victim.open("r+b") as file:
        file.seek(victim.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    return victim.name


def restore(line: Stage) -> None:
    """Restore the newest backup under its own name, which is free after the disaster."""
    entry = send_restore("community")
    bad = [name for name, _ in entry.notes if name.startswith("bad:nas/")]
    if len(bad) != 1:
        raise Permanent(f"one copy in nas was damaged, and the restore found {len(bad)}")
    line.say("fetch → verify → decompress → load")
    line.say("the damaged copy was found in nas before anything was loaded, and the one in s3 taken")
    line.say(f"{entry.note('tables')} tables, {int(entry.note('rows') or 0):,} of {int(entry.note('expected') or 0):,} rows counted")


def send_backup(target: str = "community") -> Entry:
    """Back up a target and wait for its end."""
    run = new_run_id()
    start_backup.apply_async((target, "full", None, run), queue=CONTROL)
    return wait(run)


def send_restore(into: str, target: str = "community") -> Entry:
    """Restore the newest backup of a target into `into` and wait for its end."""
    found = newest(target)
    run, order = new_run_id(), Order(found.id, found.facts.place, into, found.facts)
    start_restore.apply_async((target, encode(order), run), queue=CONTROL)
    return wait(run)


def newest(target: str) -> Manifest:
    """The newest backup of a target that is no safety backup."""
    return planning.newest(app.tools, target).manifest


def wait(run: str) -> Entry:
    """The entry of a run that has ended well; Permanent with its reason where it has not."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(0.1)
        try:
            entry = app.tools.ledger.entry(run)
        except Refused:  # control has not opened it yet
            continue
        if entry.state == "done":
            return entry
        if entry.state != "open":
            raise Permanent(f"{entry.run.work} {entry.state}: {entry.reason.reason if entry.reason else 'no reason'}")
    raise Permanent(f"run {run} did not end within {PATIENCE} s")


def told(here: Platform, line: Stage, verdict: Verdict) -> Verdict:
    """Wait for the messages; proven only where Slack heard of both."""
    end, heard = time.monotonic() + 20, list[str]()
    while time.monotonic() < end and len(heard) < len(MESSAGES):
        time.sleep(0.2)
        heard = [str(message["text"]).partition("\n")[0] for message in here.slack.messages()]
    line.say(f"{len(heard)} messages: {' · '.join(heard)}")
    as_expected = len(heard) == len(MESSAGES) and all(word in text for word, text in zip(MESSAGES, heard, strict=True))
    return replace(verdict, proven=verdict.proven and as_expected)


def leave(here: Platform, file: Path) -> None:
    """Start Flower, write how to go on against the running system, and say it."""
    flower = f"http://127.0.0.1:{_flower(here)}"
    values = {
        "CANVASBACK_CONFIG": here.settings,
        "FLOWER_URL": flower,
        "MYSQL_PORT": here.database.port,
        "MYSQL_SOCKET": here.database.socket,
        "REDIS_URL": here.redis.url,
        "SLACK_SINK": f"http://127.0.0.1:{here.slack.port}/messages",
    }
    file.write_text("".join(f"export {name}={value}\n" for name, value in values.items()))
    console.print(f"It goes on running. Flower: {flower} · shell: . {os.path.relpath(file)}; make shell · make down ends it")


def _flower(here: Platform) -> int:
    """Plain Flower, as anybody would start it; its port."""
    port = free_port()
    line = ["celery", "-A", "workers", "flower", "--address=127.0.0.1", f"--port={port}"]
    here.cluster.spawn("flower", line)
    _note_pids(here)
    return port
