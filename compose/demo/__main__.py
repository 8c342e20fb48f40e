"""`make demo`: back up under live writes and faults, destroy, restore, prove equal. Everything lies below `build/demo`."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from compose.demo import community, mistake, others, story, uploads, witness
from compose.demo.screen import Stage, console, stage
from compose.demo.writer import Writer
from compose.local.debian import NoPackages
from compose.local.platform import Platform
from compose.local.server import WillNotStart
from workers.errors import Failure

ROOT = Path(os.environ.get("DEMO_ROOT", "build/demo")).resolve()
ENVIRONMENT = ROOT.with_suffix(".env")
LONGEST = 66  # bytes of its path: the socket of a scratch server lies 41 deeper, and the kernel takes 107
SCALE = float(os.environ.get("DEMO_SCALE", "1"))  # 1.0: 1.2 million rows, about 200 MB of SQL


def main(arguments: list[str]) -> int:
    """Run the demo; 0 only where everything was proven. `--keep` leaves it running, `--down` ends that."""
    if arguments not in ([], ["--keep"], ["--down"]):
        print("usage: python -m compose.demo [--keep | --down]", file=sys.stderr)
        return 2
    down()
    if arguments == ["--down"]:
        return 0
    if len(os.fsencode(ROOT)) > LONGEST:
        console.print(f"demo: {ROOT} is too long a path for servers' sockets: DEMO_ROOT=/tmp/demo make demo", style="red", markup=False)
        return 2
    started, keep = time.monotonic(), "--keep" in arguments
    console.print(f"Canvasback demo · everything below {os.path.relpath(ROOT)}, nothing else is touched")
    try:
        with up(keep) as here:
            verdict = story_of(here)
            verdict = uploads.told(verdict, same=uploads.act(here))
            console.print(f"demo: {verdict.line}, {time.monotonic() - started:.1f} s")
            if keep:
                story.leave(here, ENVIRONMENT)
    except (Failure, NoPackages, WillNotStart, RuntimeError) as error:
        console.print(f"demo: failed: {error}", style="red", markup=False)
        return 1
    return 0 if verdict.proven else 1


def down() -> None:
    """End what an earlier demo left running, and remove its files."""
    if ROOT.exists():
        story.stop(story.made(ROOT))
        shutil.rmtree(ROOT)
    ENVIRONMENT.unlink(missing_ok=True)


@contextmanager
def up(keep: bool) -> Iterator[Platform]:
    """The platform with its workers; everything ends with the block, unless it is kept and all went well."""
    ROOT.mkdir(parents=True)
    here = story.made(ROOT)
    with ExitStack() as stack:
        stack.callback(story.stop, here)
        with stage("servers") as line:
            here.more = uploads.settings(here)
            story.start(here)
            line.say(story.servers(here))
        os.environ["CANVASBACK_CONFIG"] = str(here.settings)
        yield here
        if keep:
            stack.pop_all()


def story_of(here: Platform) -> story.Verdict:
    """The stages, one after the other."""
    with stage("data") as line, here.database.admin() as connection:
        count = community.create(connection, SCALE)
        line.say(f"community: {len(community.TABLES)} tables, {count / 1e6:.1f} M rows · a writer adds 200 rows a second")
    writer = Writer(here.database.admin("community"))
    writer.start()
    time.sleep(1)
    with stage("backup") as line:
        story.backup(line)
    with stage("faults") as line:
        story.survive(here, line)
    with stage("mistake") as line:
        mistake.make(here, writer, line)
    with stage("to before") as line:
        mistake.undo(here, line, community.rows(SCALE)["comments"] + writer.written // 2)
    written = writer.stop()
    with stage("disaster") as line, here.database.admin() as connection:
        witness.copy(connection)
        here.database.run("DROP DATABASE community")
        line.say("DROP DATABASE community (a copy for the proof was made aside)")
        line.say(f"one bit of {story.damage(here)} in nas flipped")
    with stage("restore") as line:
        story.restore(line)
    with stage("proof") as line:
        verdict = prove(here, line, written)
    with stage("slack") as line:
        verdict = story.told(here, line, verdict)
    return replace(verdict, proven=others.play(here, story.send_backup, story.send_restore) and verdict.proven)


def prove(here: Platform, line: Stage, written: int) -> story.Verdict:
    """Compare what came back with the copy."""
    with here.database.admin() as connection:
        found, objects = witness.compare(connection, "community"), witness.objects(connection, "community")
    ticks = " ".join([*(f"{table} ✓" for table in found.equal), *(f"{table} ✗" for table in found.different)])
    line.say(f"{ticks} (CHECKSUM TABLE), " + ", ".join(f"{name} {'✓' if there else '✗'}" for name, there in objects.items()))
    line.say(
        f"{found.later} of the {written} rows written meanwhile came after the snapshot; they belong to the binary log, not to this backup"
    )
    return story.Verdict(len(found.equal), len(community.TABLES), not found.different and all(objects.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
