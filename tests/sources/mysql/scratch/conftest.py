"""What a scratch server of each flavour is wished for with."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.local.database import Database
from workers.sources.mysql.scratch.options import Wish
from workers.sources.mysql.tools import Flavour

VERSIONS = {"mysql": "8.4.0", "mariadb": "10.11.0"}


@pytest.fixture
def parent() -> Iterator[Path]:
    """A folder with a short path, since a socket comes into it."""
    found = Path(tempfile.mkdtemp(prefix="cb-"))
    yield found
    shutil.rmtree(found)


@pytest.fixture
def wish(database: Database, parent: Path) -> Wish:
    """The programs that the tests' own servers are of."""
    return Wish(parent, Flavour(database.flavour), VERSIONS[database.flavour], database.tools, server_id=97)
