"""`python -m workers.settings`."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workers.settings.__main__ import main

Write = Callable[[str], Path]


def run(settings: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "workers.settings", *arguments]
    return subprocess.run(argv, env={"CANVASBACK_CONFIG": str(settings)}, capture_output=True, text=True, check=False)


def test_it_prints_what_holds_and_no_secret(example: str, write: Write, folder: Path) -> None:
    (folder / "broker_password").write_text("hunter2")
    (folder / "broker_password").chmod(0o600)
    done = run(write(example))
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in done.stdout.splitlines()[1:] if not line.startswith("  secret")}
    assert (done.returncode, done.stderr) == (0, "")
    assert {"plans.database.deadline": "12h", "spool.bytes": "96MiB", "targets.community.mysql.port": "3306"}.items() <= lines.items()
    assert (lines["stores.second.off_site"], lines["services.core_api.checks[1].status"]) == ("yes", "200")
    assert f"file {folder}/broker_password, set (" in done.stdout
    assert f"file {folder}/broker_user, missing, optional (" in done.stdout
    assert f"file {folder}/alerts_slack_webhook, missing, needed on control (" in done.stdout
    assert "hunter2" not in done.stdout


def test_it_prints_every_fault_and_ends_with_2(example: str, write: Write) -> None:
    path = write(example.replace("weekly", "weakly").replace('host = "db1"', 'host = "db2"'))
    done = run(path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{path}: 2 faults\n")


def test_with_a_host_its_missing_secrets_are_faults(
    example: str, write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CANVASBACK_CONFIG", str(write(example)))
    assert main(["--host", "control"]) == 2
    assert "alerts_slack_webhook   missing, needed on control" in capsys.readouterr().err
    assert main(["--host", "db1"]) == 0


def test_it_writes_the_reference_page_without_any_settings(tmp_path: Path) -> None:
    assert main(["--reference", str(tmp_path / "new" / "page.md")]) == 0
    assert (tmp_path / "new" / "page.md").read_text().startswith("# Settings\n")
