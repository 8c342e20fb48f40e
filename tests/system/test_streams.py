"""The whole way with several streams: segments that were cut at once arrive in any order, and the backup is whole all the same."""

import pytest

from compose.demo import community
from compose.local.mysql import MySQL
from compose.local.platform import platform, running
from tests.system.conftest import Ground, client
from tests.system.test_restore import order, restore
from tests.system.tools import Tools
from workers.bench.tools import Tools as Bench
from workers.settings import load

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """A platform on MySQL whose plan reads with three streams; its database makes a dozen segments."""
    root = tmp_path_factory.mktemp("wide")
    database = MySQL(root / "database")
    made = platform(root, database)
    with running(made, plan="streams = 3"):
        with database.admin() as connection:
            community.create(connection, 0.5)
        settings = load(made.settings)
        yield Ground(made, Tools(root / "tools", database.tools), Bench(settings), client(settings))


def test_a_backup_of_three_streams_is_sealed_and_comes_back_equal(wide):
    entry = wide.whole()
    done = wide.ended(restore(wide, order(wide, entry.run.backup, "copy")))
    assert done.state == "done", done
    with wide.here.database.admin() as connection:
        assert community.checksums(connection, "copy") == community.checksums(connection)
