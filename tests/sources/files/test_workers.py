"""Folders through real workers, as an operator asks for them: full, incremental, differential, and back again at each point."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from compose.local.cluster import Cluster
from compose.local.redis import Redis
from compose.local.slack import Slack
from tests.sources.files.conftest import TICK, make
from tests.sources.files.ground import SETTINGS
from tests.sources.files.hands import picture
from workers.artifact import BACKUP_ID
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions

pytestmark = pytest.mark.timeout(240)

ID = re.compile(f"Sealed ({BACKUP_ID.pattern})")
ALERTS = '[alerts.slack]\nevents = ["success", "failure"]\n'


@dataclass
class Desk:
    """A platform that runs, and the shell of its operator."""

    root: Path
    cluster: Cluster
    slack: Slack

    @property
    def uploads(self) -> Path:
        return self.root / "uploads"

    def ask(self, *lines: str, status: int = 0) -> str:
        """What the shell says to some lines."""
        argv = [sys.executable, "-m", "tasks.shell", "-c", "; ".join(lines)]
        done = subprocess.run(argv, env=self.cluster.environment, check=False, capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def back_up(self, kind: str) -> str:
        """The id of a backup that was made now."""
        sealed = ID.search(self.ask(f'backup("uploads", kind="{kind}", wait=True)'))
        assert sealed
        return sealed[1]

    def told(self) -> list[str]:
        return [str(message["text"]) for message in self.slack.messages()]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    root = tmp_path_factory.mktemp("files")
    redis, slack = Redis(root / "redis"), Slack(root / "slack")
    with ExitStack() as stack:
        for server in (redis, slack):
            stack.enter_context(server)
        (root / "canvasback.toml").write_text(SETTINGS.format(folder=root, broker=redis.url, recipients="[]") + ALERTS)
        (root / "secrets").mkdir(mode=0o700)
        (root / "secrets" / "alerts_slack_webhook").touch(mode=0o600)
        (root / "secrets" / "alerts_slack_webhook").write_text(slack.url)
        LocalStore("nas", LocalOptions(path=root / "nas")).initialise()
        yield Desk(root, stack.enter_context(Cluster(root / "canvasback.toml", root / "workers")), slack)


@pytest.fixture
def uploads(desk: Desk) -> Path:
    """The folder, made anew."""
    shutil.rmtree(desk.uploads, ignore_errors=True)
    make(desk.uploads)
    os.setxattr(desk.uploads / "first", "user.note", b"\0\xff")
    time.sleep(TICK)
    return desk.uploads


def test_every_point_of_a_chain_comes_back_through_the_shell(desk, uploads):
    points = [(desk.back_up("full"), picture(uploads))]
    (uploads / "a" / "report 1.pdf").write_text("first")
    time.sleep(TICK)
    points.append((desk.back_up("incremental"), picture(uploads)))
    shutil.rmtree(uploads / "a" / "deep")
    (uploads / "large").unlink()
    (uploads / "a" / "report 1.pdf").write_text("second")
    time.sleep(TICK)
    points.append((desk.back_up("differential"), picture(uploads)))
    outs = [desk.root / f"out{number}" for number in range(3)]
    said = desk.ask(*(f'restore("uploads", backup="{points[at][0]}", into="{into}", wait=True)' for at, into in enumerate(outs)))
    assert said.count("every name compared with the index") == 3
    assert len(re.findall(r"proven in .*: 4 sorts, (\d+) of \1 names", said)) == 3
    assert [picture(into) for into in outs] == [wanted for _, wanted in points]
    assert any(text.startswith(f"✅ Restore proven · uploads → {desk.root}/out0") for text in desk.told())

    (uploads / "a" / "report 1.pdf").unlink()
    one = f'restore("uploads", backup="{points[1][0]}", files=["report*.pdf"], into="{desk.root}/found", wait=True)'
    found = desk.ask('find("report*.pdf")', 'compare("uploads")', one)
    assert [points[number][0] in found for number in range(2)] == [False, True]
    assert found.count("a/report 1.pdf  uploads") == 2  # two states of it
    assert "a/report 1.pdf  is not there" in found
    assert "load     report*.pdf from" in found
    assert desk.ask('window("uploads")').count("this moment only") == 3
    assert [path.name for path in (desk.root / "found").rglob("*") if path.is_file()] == ["report 1.pdf"]
    assert (desk.root / "found" / "a" / "report 1.pdf").read_text() == "first"


def test_a_restore_over_the_live_folder_asks_first_and_names_where_it_put_what_was_there(desk, uploads):
    desk.back_up("full")
    before = picture(uploads)
    (uploads / "later").touch()
    after = picture(uploads)
    refused = desk.ask('restore("uploads")', status=2)
    assert f"it is moved aside, to {uploads}.before-<time>" in refused
    said = desk.ask('restore("uploads", confirm="uploads", wait=True)')
    assert f"moves {uploads} with about" in said
    aside = next(path for path in desk.root.iterdir() if path.name.startswith("uploads.before-"))
    assert str(aside) in said
    assert any(str(aside) in str(message) for message in desk.slack.messages())
    assert (picture(uploads), picture(aside)) == (before, after)
    shutil.rmtree(aside)


def test_patterns_that_name_nothing_and_places_that_are_taken_are_refused_before_anything_is_sent(desk, uploads):
    desk.back_up("full")
    assert "nothing of that name" in desk.ask(f'restore("uploads", files=["*.docx"], into="{desk.root}/none")', status=2)
    assert "holds about" in desk.ask(f'restore("uploads", into="{desk.root}/nas")', status=2)
    assert not (desk.root / "none").exists()


def test_a_backup_that_was_killed_in_the_middle_is_told_and_the_next_is_whole(desk, uploads):
    (uploads / "huge").write_bytes(os.urandom(1 << 20) * 120)
    run = re.search(r"run (\w{8})", desk.ask('print(repr(backup("uploads")))'))[1]
    end = time.monotonic() + 60
    while not list((desk.root / "spool").glob(f"{run}/*")):
        assert time.monotonic() < end
        time.sleep(0.02)
    desk.cluster.kill("source@files1")
    desk.cluster.start("source@files1")
    said = desk.ask(f'watch("{run}")', status=1)
    assert "lost with its worker process" in said
    (uploads / "huge").unlink()
    assert desk.back_up("incremental")
    assert not [path for path in (desk.root / "spool").glob("*/*") if path.parent.name != ".indexes"]
