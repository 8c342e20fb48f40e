"""A folder, and BorgBackup's real program with a repository in the folder of a store."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pydantic import SecretStr

from compose.local import borg
from tests.sources.engine.hands import Taken, take
from workers.ports import Address
from workers.sources.borg.options import BorgOptions
from workers.sources.borg.repositories import Repositories
from workers.sources.borg.source import BorgSource

WORD = "a word that nobody knows"


@dataclass(frozen=True)
class Ground:
    """A folder with files, and the store that its repository is in."""

    root: Path
    options: BorgOptions
    addresses: tuple[Address, ...]
    word: str = WORD

    @property
    def path(self) -> Path:
        return self.options.path

    @property
    def source(self) -> BorgSource:
        return BorgSource(self.options, SecretStr(self.word), addresses=self.addresses)

    @property
    def homes(self) -> Repositories:
        return Repositories(self.options, SecretStr(self.word), self.addresses)

    def with_(self, **changes: Any) -> "Ground":
        return replace(self, options=self.options.model_copy(update=changes))

    @property
    def repository(self) -> Path:
        return Path(self.addresses[0].place)

    @property
    def pieces(self) -> list[Path]:
        """The files that hold data, the largest last."""
        return sorted((path for path in (self.repository / "data").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)

    def borg(self, *words: str) -> str:
        """What BorgBackup itself says, asked as a person would."""
        environment = {
            **os.environ,
            "BORG_PASSPHRASE": WORD,
            "BORG_BASE_DIR": str(self.root / "person"),
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        }
        return subprocess.run([self.options.tools / "borg", *words], check=True, capture_output=True, text=True, env=environment).stdout

    def person(self) -> str:
        """An archive of somebody's own; its id."""
        self.borg("create", f"{self.repository}::mine", str(self.path))
        return next(each["id"] for each in self.archives() if each["name"] == "mine")

    def archives(self) -> list[Any]:
        found: list[Any] = json.loads(self.borg("list", "--json", str(self.repository)))["archives"]
        return found


@pytest.fixture(scope="session")
def tools() -> Path:
    return borg.tools()


def grounded(root: Path, tools: Path) -> Ground:
    """A folder of files, the same each time; no repository yet."""
    path = root / "uploads"
    (path / "avatars").mkdir(parents=True)
    for number in range(20):
        (path / "avatars" / f"{number}.png").write_bytes(Random(number).randbytes(3004))
    (path / "report.pdf").write_text("a report")
    (path / "link").symlink_to("report.pdf")
    (path / "left.tmp").write_text("left out")
    (path / "avatars").chmod(0o750)
    path.chmod(0o711)
    options = BorgOptions(path=path, tools=tools, state=root / "state", cache=root / "cache")
    return Ground(root, options, (Address("nas", "local", str(root / "nas/repositories/uploads/borg")),))


@pytest.fixture
def ground(tmp_path: Path, tools: Path) -> Ground:
    """No repository yet."""
    return grounded(tmp_path, tools)


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Ground], None]:
    """Gives a ground a repository that was made before."""
    place = tmp_path_factory.mktemp("borg") / "repository"

    def give(ground: Ground) -> None:
        if not place.exists():
            replace(ground, addresses=(replace(ground.addresses[0], place=str(place)),)).homes.first.make()
        shutil.copytree(place, ground.repository)

    return give


@pytest.fixture
def made(ground: Ground, kept: Callable[[Ground], None]) -> Ground:
    """The same with an empty repository."""
    kept(ground)
    return ground


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory, tools: Path) -> tuple[Ground, Taken]:
    """A ground with a backup of its folder, which was made once: BorgBackup takes two seconds for that."""
    ground = grounded(tmp_path_factory.mktemp("first"), tools)
    return ground, take(ground)


@pytest.fixture
def taken(ground: Ground, first: tuple[Ground, Taken]) -> Taken:
    """A backup of the folder, in a repository of this test's own. Its record says where the folder lay when it was made."""
    before, made = first
    shutil.copytree(before.repository, ground.repository)
    facts = replace(made.facts, place=str(ground.path))
    return replace(made, plain=Path(shutil.copy(made.plain, ground.root / "record.plain")), facts=facts)
