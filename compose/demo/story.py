"""The steps of the demo's story: start and stop the platform, back up, restore, look into Slack."""

import os
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path

from compose.demo.screen import Stage, console
from compose.local.platform import Platform, default_database, platform
from compose.local.server import free_port
from tasks.starts import start_backup, start_restore
from workers.alerts.words import size
from workers.artifact import Order, encode, new_run_id
from workers.catalog import index
from workers.catalog.ledger import Entry
from workers.celery import app
from workers.errors import Permanent, Refused
from workers.topology import CONTROL

PATIENCE = 600  # seconds one run of the demo may take
MESSAGES = ("Backup sealed", "Restore proven")


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
    for server in (here.database, here.redis, here.slack):
        server.start()
    here.make_account()
    here.make_store()
    here.write_settings()
    here.cluster.start()
    _note_pids(here)


def _note_pids(here: Platform) -> None:
    (here.root / "workers" / "pids").write_text("\n".join(str(child.pid) for child in here.cluster.children.values()))


def servers(here: Platform) -> str:
    """What was started, in words."""
    with here.database.admin() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        version = str(cursor.fetchone()[0]).partition("-")[0]
    return f"{here.database.name} {version} · redis · slack sink · {len(here.cluster.children)} workers and beat"


def found(root: Path) -> Platform:
    """The platform that an earlier demo left in a folder."""
    return platform(root, default_database(root / "database", detached=True), detached=True)


def stop(here: Platform) -> None:
    """End workers and servers, whoever started them."""
    pids = here.root / "workers" / "pids"
    for pid in pids.read_text().split() if pids.exists() else []:
        _end(int(pid))
    for server in (here.slack, here.redis, here.database):
        server.stop()


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


def restore(line: Stage) -> None:
    """Restore the newest backup under its own name, which is free after the disaster."""
    entry = send_restore("community")
    line.say("fetch → verify → decompress → load")
    line.say(f"{entry.note('tables')} tables, {int(entry.note('rows') or 0):,} of {int(entry.note('expected') or 0):,} rows counted")


def send_backup() -> Entry:
    """Back up the community database and wait for its end."""
    run = new_run_id()
    start_backup.apply_async(("community", "full", None, run), queue=CONTROL)
    return wait(run)


def send_restore(into: str) -> Entry:
    """Restore the newest backup into `into` and wait for its end."""
    newest = index.backups(app.tools.stores_of("community"), "community").entries[0].manifest
    run, order = new_run_id(), Order(newest.id, newest.facts.place, into, newest.facts)
    start_restore.apply_async(("community", encode(order), run), queue=CONTROL)
    return wait(run)


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
    while time.monotonic() < end and not all(any(word in text for text in heard) for word in MESSAGES):
        time.sleep(0.2)
        heard = [str(message["text"]).partition("\n")[0] for message in here.slack.messages()]
    line.say(f"{len(heard)} messages: {' · '.join(heard)}")
    return replace(verdict, proven=verdict.proven and len(heard) == len(MESSAGES))


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
