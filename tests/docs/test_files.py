"""The guide's own commands bring a folder back by hand, from what lies in a store."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.sources.files.conftest import TICK, make
from tests.sources.files.ground import back_up, platform
from tests.sources.files.hands import access, picture
from workers.artifact import Kind
from workers.settings import load

PAGE = Path("docs/guides/files.md")
FULL, LATER = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def tools(redis, tmp_path):
    make(tmp_path / "uploads")
    time.sleep(TICK)
    return platform(tmp_path, redis.url, encrypted=False)


def test_a_chain_is_restored_with_the_pages_own_commands(tools, tmp_path):
    uploads, out = tmp_path / "uploads", tmp_path / "restored"
    for name in ("\n", "keep", "keep\n", "turns/in"):
        (uploads / name).parent.mkdir(exist_ok=True)
        (uploads / name).write_text(name)
    os.setxattr(uploads / "keep", "system.posix_acl_access", access(user=1234))
    os.setxattr(uploads / "keep", "user.note", b"kept")
    full = back_up(tools)
    for name in ("\n", "keep\n"):  # what a shell would cut from the end of a name
        (uploads / name).unlink()
    shutil.rmtree(uploads / "turns")
    (uploads / "turns").write_text("a file now")
    shutil.rmtree(uploads / "a" / "deep")  # a name in Korean among what is gone
    (uploads / "large").unlink()
    (uploads / "large").mkdir()
    (uploads / "large" / 'say "hello".txt').write_text("a folder now")
    time.sleep(TICK)
    first = back_up(tools, Kind.INCREMENTAL)
    (uploads / "large" / 'say "hello".txt').unlink()
    (uploads / "turns").unlink()
    (uploads / "turns").symlink_to("keep")
    time.sleep(TICK)
    second = back_up(tools, Kind.INCREMENTAL)
    third = back_up(tools, Kind.INCREMENTAL)  # nothing changed: it has no pack
    out.mkdir()
    for backup, script in ((full, FULL), (first, LATER), (second, LATER), (third, LATER)):
        folder = tmp_path / "nas" / "uploads" / backup.id
        text = script.replace("/srv/restored", str(out))
        done = subprocess.run(
            ["bash", "-euc", text],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        )
        assert (done.returncode, done.stderr) == (0, "")
    wanted, found = picture(uploads), picture(out)
    assert found.keys() == wanted.keys()
    assert {name: (about[0], about[4]) for name, about in found.items()} == {name: (about[0], about[4]) for name, about in wanted.items()}


def test_the_settings_of_the_page_are_taken(tmp_path, monkeypatch):
    """With the tables that they need beside them."""
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    more = '[broker]\nurl = "redis://h/0"\n[hosts.control]\nrole = "control"\n[stores.nas]\nkind = "local"\npath = "/mnt/nas"\n'
    more += '[plans.files]\nrequired = ["nas"]\n'
    (tmp_path / "canvasback.toml").write_text("".join(blocks) + more)
    assert set(load(tmp_path / "canvasback.toml").targets) == {"uploads", "code", "configuration", "logs"}
