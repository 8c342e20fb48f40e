"""The command of the format's page brings a folder back without Canvasback: from the record, the program and the password."""

import re
import subprocess
from pathlib import Path

from tests.sources.engine.hands import take, tree
from workers.sources.engine import record


def test_a_stranger_restores_with_restic_alone(made):
    found = record.read(take(made).plain)
    (line,) = re.findall(r"^    (restic -r /mnt/nas.*)$", Path("docs/format.md").read_text(), re.MULTILINE)
    (made.root / "password").write_text(made.word)
    places = {
        "/mnt/nas/canvasback/repositories/uploads/restic": made.repository(),
        "/media/safe/password": made.root / "password",
        "/srv/restored": made.root / "restored",
        "<snapshot>": found.snapshot,
        "restic -r": f"{made.options.tools}/restic --no-cache -r",
    }
    for written, here in places.items():
        line = line.replace(written, str(here))
    subprocess.run(["sh", "-eu", "-c", line], check=True, capture_output=True)
    (made.path / "left.tmp").unlink()
    assert tree(made.root / "restored/uploads") == tree(made.path)
