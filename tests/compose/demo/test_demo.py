"""The demo as a person runs it: it proves what it says, leaves nothing running, and can be left running on purpose."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.demo.processes import below

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path leaves room for those of sockets."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        yield Path(folder)


def demo(root: Path, *arguments: str, without: str = "") -> subprocess.CompletedProcess[str]:
    """Run the demo on little data below another folder than a person's."""
    environment = {**os.environ, "DEMO_ROOT": str(root), "DEMO_SCALE": "0.02", "DEMO_WITHOUT": without}
    environment.pop("CANVASBACK_CONFIG", None)
    return subprocess.run([sys.executable, "-m", "compose.demo", *arguments], env=environment, check=False, capture_output=True, text=True)


def test_the_demo_proves_every_table_equal_and_leaves_nothing_running(short):
    done = demo(short / "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"demo: 4 of 4 tables equal, 0 rows lost, \d+\.\d s", done.stdout.splitlines()[-1])
    sealed = "✅ Backup sealed · community · full"
    proven = "✅ Restore proven · community"
    assert f"4 messages: {sealed} · {sealed} · {proven} · {proven}" in done.stdout
    assert re.search(r"([\d,]+) of \1 acknowledged comments are there again", done.stdout)
    assert "kill -9 of segments@db1 and of Redis in mid backup" in done.stdout
    assert re.search(r"254 names as of \S+-full-\S+, 사진-0000.jpg among them: equal in content, mode, owner and time", done.stdout)
    assert "the damaged copy was found in nas before anything was loaded, and the one in s3 taken" in done.stdout
    assert "20000 before, 20000 after ✓" in done.stdout
    assert ("5000 before, 5000 after ✓" in done.stdout) == ("elasticsearch left out: no Java" not in done.stdout)
    assert below(short) == []


def test_a_kept_demo_can_be_looked_into_and_ended(short):
    kept = demo(short / "demo", "--keep", without="elasticsearch")
    assert kept.returncode == 0, kept.stdout + kept.stderr
    told = (short / "demo.env").read_text()
    assert all(f"export {name}=" in told for name in ("CANVASBACK_CONFIG", "FLOWER_URL", "MYSQL_PORT", "SLACK_SINK"))
    line = f". {short / 'demo.env'}; {sys.executable} -m tasks.shell -c 'targets()'"
    looked = subprocess.run(["sh", "-c", line], check=False, capture_output=True, text=True)
    assert (looked.returncode, "community" in looked.stdout) == (0, True), looked.stderr
    assert demo(short / "demo", "--down").returncode == 0
    assert below(short) == []


def test_other_words_are_told_how_it_is_called(short):
    done = demo(short / "demo", "--wrong")
    assert (done.returncode, done.stderr) == (2, "usage: python -m compose.demo [--keep | --down]\n")


def test_a_folder_too_deep_for_sockets_is_refused_with_the_way_out(tmp_path):
    done = demo(tmp_path / ("deep" * 20))
    assert (done.returncode, "DEMO_ROOT=/tmp/demo make demo" in done.stdout.replace("\n", " ")) == (2, True), done.stdout
    assert list(tmp_path.iterdir()) == []
