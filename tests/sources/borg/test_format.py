"""The commands of the format's page bring a folder back without Canvasback: from the record, the program and the password."""

import os
import re
import subprocess
from pathlib import Path

from tests.sources.engine.hands import take, tree
from workers.sources.engine import record


def test_a_stranger_restores_with_borg_alone(made):
    found = record.read(take(made).plain)
    page = Path("docs/format.md").read_text().partition("## Backups of BorgBackup")[2]
    script = "\n".join(re.findall(r"^    (\S.*)$", page, re.MULTILINE)).partition("#")
    (made.root / "password").write_text(made.word)
    (made.root / "restored").mkdir()
    listed = made.borg("list", "--format", "{id} {archive}{NL}", str(made.repository)).splitlines()
    (name,) = [line.split()[1] for line in listed if line.startswith(found.snapshot)]
    text = script[0] + "\n" + script[2].partition("\n")[2]
    for written, here in (
        ("/mnt/nas/canvasback/repositories/uploads/borg", made.repository),
        ("/media/safe/password", made.root / "password"),
        ("/srv/restored", made.root / "restored"),
        ("<archive>", name),
    ):
        text = text.replace(written, str(here))
    path = f"{made.options.tools}:{os.environ['PATH']}"
    environment = {"PATH": path, "BORG_BASE_DIR": str(made.root / "person"), "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes"}
    subprocess.run(["sh", "-eu", "-c", text], check=True, capture_output=True, env=environment)
    (made.path / "left.tmp").unlink()
    assert tree(made.root / "restored/uploads") == tree(made.path)
