"""A folder, and restic's real program with a repository in a folder of its own for each store."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pydantic import SecretStr

from compose.local import restic
from tests.sources.restic.cheap import cheapen
from workers.ports import Address
from workers.sources.restic.options import ResticOptions
from workers.sources.restic.repositories import Repositories
from workers.sources.restic.source import ResticSource

WORD = "a word that nobody knows"


@dataclass(frozen=True)
class Ground:
    """A folder with files, and the stores that its repositories are in."""

    root: Path
    options: ResticOptions
    addresses: tuple[Address, ...]
    word: str = WORD

    @property
    def path(self) -> Path:
        return self.options.path

    @property
    def source(self) -> ResticSource:
        return ResticSource(self.options, SecretStr(self.word), addresses=self.addresses)

    @property
    def homes(self) -> Repositories:
        return Repositories(self.options, SecretStr(self.word), self.addresses)

    def with_(self, **changes: Any) -> "Ground":
        return replace(self, options=self.options.model_copy(update=changes))

    def repository(self, number: int = 0) -> Path:
        return Path(self.addresses[number].place)

    def packs(self, number: int = 0) -> list[Path]:
        return sorted(path for path in (self.repository(number) / "data").rglob("*") if path.is_file())

    def restic(self, *words: str, number: int = 0) -> str:
        """What restic itself says, asked as a person would."""
        file = self.root / "word"
        file.write_text(WORD)
        argv = [self.options.tools / "restic", "-r", self.repository(number), "-p", file, "--no-cache", *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout

    def person(self) -> str:
        """A snapshot of somebody's own in the first repository; its id."""
        self.restic("backup", "--host", "elsewhere", str(self.path))
        return next(each["id"] for each in self.snapshots() if each["hostname"] == "elsewhere")

    def snapshots(self, number: int = 0) -> list[Any]:
        found: list[Any] = json.loads(self.restic("snapshots", "--json", number=number))
        return found


@pytest.fixture(scope="session")
def tools() -> Path:
    return restic.tools()


def addressed(store: str, place: Path) -> Address:
    """A folder of a store, from which its driver takes files away."""
    return Address(store, "local", str(place), remove=lambda name: (place / name).unlink(missing_ok=True))


@pytest.fixture
def ground(tmp_path: Path, tools: Path) -> Ground:
    """Two stores; no repository yet."""
    path = tmp_path / "uploads"
    (path / "avatars").mkdir(parents=True)
    for number in range(20):
        (path / "avatars" / f"{number}.png").write_bytes(Random(number).randbytes(3004))
    (path / "report.pdf").write_text("a report")
    (path / "link").symlink_to("report.pdf")
    (path / "left.tmp").write_text("left out")
    (path / "avatars").chmod(0o750)
    path.chmod(0o711)
    addresses = tuple(addressed(name, tmp_path / name / "repositories/uploads/restic") for name in ("nas", "disk"))
    return Ground(tmp_path, ResticOptions(path=path, tools=tools, state=tmp_path / "state"), addresses)


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory, tools: Path) -> Callable[[Ground], None]:
    """Gives a ground repositories that were made before, both of one kind: making one takes restic a second."""
    folder = tmp_path_factory.mktemp("restic")

    def give(ground: Ground) -> None:
        places = [folder / address.store for address in ground.addresses]
        if not places[0].exists():
            homes = replace(ground, addresses=tuple(replace(a, place=str(p)) for a, p in zip(ground.addresses, places, strict=True))).homes
            for home in homes.each:
                home.make(None if home == homes.first else homes.first)
                cheapen(Path(home.address.place), WORD)
        for number, place in enumerate(places):
            shutil.copytree(place, ground.repository(number))

    return give


@pytest.fixture
def made(ground: Ground, kept: Callable[[Ground], None]) -> Ground:
    """The same with empty repositories."""
    kept(ground)
    return ground
