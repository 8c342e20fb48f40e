"""The act about folders: uploads, code, configuration and logs are backed up; the uploads are lost, and come back as of yesterday."""

import hashlib
import shutil
from pathlib import Path
from random import Random

import pyrage

from compose.demo.screen import stage
from compose.demo.story import Verdict, wait
from compose.local.platform import Platform
from tasks.starts import start_backup, start_restore
from workers.artifact import Order, encode, new_run_id
from workers.catalog import index
from workers.catalog.ledger import Entry
from workers.celery import app
from workers.topology import CONTROL

FILES = 240
TARGETS = ("uploads", "code", "configuration", "logs")
SETTINGS = """
[hosts.files1]
role = "files"

[plans.files]
required = ["nas", "s3"]
objectives = {{ rpo = "24h", rto = "2h" }}
[plans.secret]
required = ["nas", "s3"]
recipients = ["{recipient}"]
objectives = {{ rpo = "24h", rto = "2h" }}

[targets.uploads]
source = "files"
host = "files1"
plan = "files"
[targets.uploads.files]
path = "{srv}/uploads"

[targets.code]
source = "files"
host = "files1"
plan = "files"
[targets.code.files]
path = "{srv}/code"
exclude = ["*.tmp", "cache/", ".git/", "node_modules/", "__pycache__/", "*.pyc"]

[targets.configuration]
source = "files"
host = "files1"
plan = "secret"
sensitive = true
[targets.configuration.files]
path = "{srv}/configuration"
exclude = []

[targets.logs]
source = "files"
host = "files1"
plan = "files"
[targets.logs.files]
path = "{srv}/logs"
rotating = ["*.log*"]
"""


def settings(here: Platform) -> str:
    """What the settings say about folders; the identity that opens the encrypted ones becomes a secret."""
    identity = pyrage.x25519.Identity.generate()
    here.write_secrets({"age_identity": f"{identity}\n"})
    return SETTINGS.format(srv=here.root / "srv", recipient=identity.to_public())


def act(here: Platform) -> bool:
    """Back up, change, lose, bring back; whether everything came back as it was yesterday."""
    uploads = here.root / "srv" / "uploads"
    with stage("folders") as line:
        fill(here.root / "srv")
        yesterday, runs = picture(uploads), [_send(name, "full") for name in TARGETS]
        full, *_ = [wait(run).run.backup for run in runs]
        line.say(f"{', '.join(TARGETS)} on files1; configuration is encrypted, logs may rotate meanwhile")
    with stage("next day") as line:
        victim = min(uploads.rglob("*.jpg"))
        victim.unlink()
        (uploads / "later.txt").write_text("uploaded today")
        today = wait(_send("uploads", "incremental"))
        shutil.rmtree(uploads)
        line.say(f"{victim.name} deleted, later.txt uploaded, backed up as {today.run.backup}; then rm -r uploads")
    with stage("yesterday") as line:
        restored = _restore(full, uploads)
        same = picture(uploads) == yesterday
        words = "equal in content, mode, owner and time" if same else "NOT EQUAL"
        line.say(f"{int(restored.note('rows') or 0)} names as of {full}, {victim.name} among them: {words}")
    return same


def fill(srv: Path) -> None:
    """What a community has beside its database."""
    random = Random(7)  # noqa: S311  # the same files every time
    for number in range(FILES):
        path = srv / "uploads" / f"{number % 12:02}" / f"사진-{number:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.randbytes(random.randrange(60_000)))
        path.chmod(random.choice((0o600, 0o640, 0o644)))
    (srv / "uploads" / "newest.jpg").symlink_to("00/사진-0228.jpg")
    texts = {"code/app.py": "print('community')\n", "configuration/app.env": "TOKEN=demo\n"}
    texts |= {"logs/app.log": "GET /\n", "logs/app.log.1": "GET /\n"}
    for name, text in texts.items():
        (srv / name).parent.mkdir(exist_ok=True)
        (srv / name).write_text(text)


def picture(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a folder: mode, owner, time, and content or target."""
    found: dict[str, tuple[object, ...]] = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        seen = path.lstat()
        found[str(path.relative_to(folder))] = (seen.st_mode, seen.st_uid, seen.st_gid, seen.st_mtime_ns, _content(path))
    return found


def _content(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def told(verdict: Verdict, *, same: bool) -> Verdict:
    """The verdict of the whole demo, this act included."""
    return Verdict(verdict.equal, verdict.tables, verdict.proven and same)


def _send(target: str, kind: str) -> str:
    run = new_run_id()
    start_backup.apply_async((target, kind, None, run), queue=CONTROL)
    return run


def _restore(backup: str, into: Path) -> Entry:
    manifest = index.find(app.tools.stores_of("uploads"), "uploads", backup).manifest
    run, order = new_run_id(), Order(backup, manifest.facts.place, str(into), manifest.facts)
    start_restore.apply_async(("uploads", encode(order), run), queue=CONTROL)
    return wait(run)
