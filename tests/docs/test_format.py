"""A stranger restores by the page alone: the product makes a backup, the page's own commands bring it back."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

import pyrage
import pytest

from compose.local.debian import Bundle, NoPackages, prefix
from tests.sources.mysql.conftest import Ground
from workers.artifact import Kind, Role, Segment, new_backup_id
from workers.catalog.manifest import Manifest, manifest_key, seal, segment_key
from workers.command import die_with_parent
from workers.ports import Dump, Part
from workers.sources.mysql.dump import open_dump
from workers.sources.mysql.tools import Program
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions
from workers.transforms import encoders
from workers.transforms.checksum import form_of
from workers.transforms.stream import Expected, encode

PAGE = Path(__file__).parents[2] / "docs" / "format.md"
IDENTITY = pyrage.x25519.Identity.generate()
STRANGER = Bundle("stranger", "bookworm", ("age", "zstd"), ("age", "zstd"))
COMMUNITY = """
CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(99), score FLOAT, doc JSON, raw BLOB);
INSERT INTO users VALUES (1, '김철수', 0.1, '{"a": "한글"}', x'00ff0a0d5c27'), (2, 'it''s; \\\\ "x"', 1234567.875, NULL, NULL);
CREATE TABLE `odd, name` (id INT PRIMARY KEY, user INT, FOREIGN KEY (user) REFERENCES users (id));
INSERT INTO `odd, name` VALUES (1, 1), (2, 2), (3, NULL);
CREATE TABLE big (id INT PRIMARY KEY, body LONGTEXT);
INSERT INTO big WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, REPEAT('글 text ', 900) FROM n;
CREATE VIEW names AS SELECT name FROM users;
CREATE TRIGGER shout BEFORE INSERT ON users FOR EACH ROW SET NEW.name = UPPER(NEW.name);
DELIMITER //
CREATE PROCEDURE hello() BEGIN /* 인사 */ SELECT 'hello; you'; END//
DELIMITER ;
"""


@dataclass(frozen=True)
class Made:
    """A backup in a folder, the database it is of, and where a stranger works."""

    folder: Path
    database: str
    work: Path
    ground: Ground

    def restore(self, changed: str = "") -> subprocess.CompletedProcess[str]:
        """Run the page; its first block takes its settings from the environment. `changed` is run before it, in the backup's folder."""
        tools = self.ground.server.tool(Program.CLIENT).path
        (self.work / "identity").write_text(str(IDENTITY))
        with self.ground.server.option_file() as login:
            shutil.copy(login, self.work / ".my.cnf")
        names = {
            "BACKUP": self.folder,
            "INTO": self.into,
            "WORK": self.work,
            "CLIENT": tools,
            "IDENTITY": self.work / "identity",
            "HOME": self.work,
        }
        env = {name: str(value) for name, value in names.items()} | {"PATH": f"{programs()}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
        return run(f"cd {self.folder}; {changed}\n" + "\n".join(blocks()), env)

    @property
    def into(self) -> str:
        return f"{self.database}_restored"


def blocks(mode: str = "") -> list[str]:
    """The shell of the page that is so marked, in order."""
    return re.findall(rf"^```sh{mode}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def run(script: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What the page says, as a stranger's shell."""
    return subprocess.run(["sh", "-c", script], env=env, capture_output=True, text=True, check=False, preexec_fn=die_with_parent)


def programs() -> str:
    """A folder with age and zstd: the system's, else Debian's in a private folder."""
    if (age := shutil.which("age")) and shutil.which("zstd"):
        return str(Path(age).parent)
    try:
        return str(prefix(STRANGER) / "bin")
    except NoPackages as reason:
        pytest.skip(f"age and zstd are not here and cannot be fetched: {reason}")


def back_up(ground: Ground, folder: Path, recipients: tuple[str, ...]) -> Made:
    """Dump a database and put it into a new store, as the steps do, without Celery."""
    database = ground.database(COMMUNITY)
    return Made(put(open_dump(ground.target(database), streams=2), database, folder, recipients), database, folder / "work", ground)


def put(opened: AbstractContextManager[Dump], database: str, folder: Path, recipients: tuple[str, ...]) -> Path:
    """Put a dump into a new store; the folder of its backup."""
    store = LocalStore("nas", LocalOptions(path=folder / "nas"))
    store.initialise()
    started, backup = datetime.now(UTC), new_backup_id(Kind.FULL, datetime.now(UTC))
    numbers = count(1)
    with opened as dump:
        cut = [segment for part in dump.parts() for segment in segments(part, numbers, folder)]
        facts = dump.facts()
    done = tuple(upload(store, (database, backup), segment, recipients) for segment in cut)
    ended = datetime.now(UTC)
    manifest = Manifest(
        backup, database, "mysql", Kind.FULL, None, "db1", "7c1e0a2b", started, ended, facts, done, recipients, ("nas",), "canvasback 0.1.0"
    )
    sealed = seal(manifest)
    store.put(manifest_key(database, backup), sealed, form_of(sealed))
    (folder / "work").mkdir()
    return folder / "nas" / database / backup


def segments(part: Part, numbers: Iterator[int], folder: Path) -> Iterator[tuple[Segment, Path]]:
    """One segment for every two blocks, so that even a small database has several of data."""
    while blocks := list(islice(part.blocks, 2)):
        number = next(numbers)
        plain = folder / f"{number}.plain"
        plain.write_bytes(b"".join(block.data for block in blocks))
        objects = tuple(dict.fromkeys(name for block in blocks for name in block.objects))
        yield Segment(number, part.name, part.role, form_of(plain), objects, part.charset), plain


def upload(store: LocalStore, place: tuple[str, str], cut: tuple[Segment, Path], recipients: tuple[str, ...]) -> Segment:
    """Compress, encrypt and store one segment."""
    segment, plain = cut
    stored, chain = plain.with_suffix(".stored"), encoders(3, recipients)
    form = encode(plain, stored, chain, Expected(segment.plain)).form
    suffix = "".join(transform.suffix for transform in chain)
    done = Segment(segment.number, segment.name, segment.role, segment.plain, segment.objects, segment.charset, form, suffix, ("nas",))
    store.put(segment_key(*place, done), stored, form)
    return done


@pytest.fixture
def made(request: pytest.FixtureRequest, ground: Ground, tmp_path: Path) -> Iterator[Made]:
    found = back_up(ground, tmp_path, getattr(request, "param", ()))
    yield found
    ground.execute(f"DROP DATABASE IF EXISTS `{found.into}`")


@pytest.mark.parametrize("made", [(), (str(IDENTITY.to_public()),)], ids=["plain", "encrypted"], indirect=True)
def test_the_pages_own_commands_restore_a_backup(made: Made) -> None:
    done = made.restore()
    assert (done.returncode, done.stderr) == (0, "")
    assert made.ground.checksums(made.into) == made.ground.checksums(made.database)
    names = made.ground.execute("SHOW FULL TABLES WHERE table_type = 'VIEW'", database=made.into)
    assert [name for name, _ in names] == ["names"]
    assert made.ground.execute("SHOW TRIGGERS", database=made.into)[0][0] == "shout"
    assert "인사" in str(made.ground.execute("SHOW CREATE PROCEDURE hello", database=made.into)[0][2])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("sed -i 's/users/Users/' manifest.json", "the manifest is damaged"),
        ("rm segments/*.data.zst", ".data.zst: FAILED open or read"),
        ("printf x >> segments/000001.schema.zst", "000001.schema.zst: FAILED"),
    ],
)
def test_the_pages_own_commands_find_damage_before_anything_is_loaded(made: Made, change: str, words: str) -> None:
    done = made.restore(change)
    assert done.returncode != 0
    assert words in done.stdout + done.stderr
    assert made.ground.execute(f"SHOW DATABASES LIKE '{made.into}'") == []


def test_the_page_names_every_role_and_member() -> None:
    text = PAGE.read_text(encoding="utf-8")
    members = [*Manifest.__dataclass_fields__, *Segment.__dataclass_fields__, "format", "digest", "signature"]
    assert [word for word in (*members, *Role) if f"`{word}`" not in text] == []
