"""What shipping needs, found before it fails; and the least privileges, each missed by name."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from tests.sources.mysql.conftest import WORD, Ground
from tests.sources.mysql.logs.conftest import Dock
from workers.errors import Failure
from workers.ports import Past
from workers.sources.mysql.logs.doctor import examine, needs
from workers.sources.mysql.logs.shipping import open_shipping
from workers.sources.mysql.options import MysqlOptions
from workers.sources.mysql.session import Server
from workers.sources.mysql.source import MysqlSource

EVERY = timedelta(minutes=5)


def granted(ground: Ground, *without: str) -> Server:
    """The server as an account sees it that holds the least privileges but for some."""
    least = [need.names[0] for need in needs(ground.server)]
    return ground.target("mysql", ground.account(*(f"{name} ON *.*" for name in least if name not in without)))


def test_the_least_privileges_are_enough(ground: Ground) -> None:
    server = granted(ground)
    assert [finding.remedy for finding in examine(server, EVERY) if not finding.ok] == []
    with open_shipping(server, Past()) as dump:
        assert b"".join(block.data for part in dump.parts() for block in part.blocks)
        position = dump.facts().position
    ground.execute("FLUSH BINARY LOGS")
    with open_shipping(server, Past(position)) as dump:  # reads a head, which the first one does not
        assert [block for part in dump.parts() for block in part.blocks]


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_each_of_them_is_needed_and_named_with_its_grant(ground: Ground, turn: int) -> None:
    need = needs(ground.server)[turn]
    server = granted(ground, need.names[0])
    [finding] = [finding for finding in examine(server, EVERY) if not finding.ok]
    assert finding.remedy.startswith(f"GRANT {need.names[0]} ON *.* TO ")
    with pytest.raises(Failure, match=r"(?i)access denied|privilege"), open_shipping(server, Past()) as dump:
        [block for part in dump.parts() for block in part.blocks]


def test_an_expiry_shorter_than_the_interval_is_found_with_what_would_mend_it(ground: Ground) -> None:
    [(before,)] = ground.execute("SELECT @@GLOBAL.binlog_expire_logs_seconds")
    try:
        ground.execute("SET GLOBAL binlog_expire_logs_seconds = 600")
        [finding] = [finding for finding in examine(ground.server, EVERY) if not finding.ok]
    finally:
        ground.execute(f"SET GLOBAL binlog_expire_logs_seconds = {before}")
    assert "purges a log after 600 s, it is shipped every 300 s" in finding.found
    assert finding.remedy == "SET GLOBAL binlog_expire_logs_seconds = 259200;"


def test_a_replica_of_mariadb_whose_log_lacks_what_it_received_is_found(dock: Dock) -> None:
    dock.reset()
    if dock.maria:
        dock.run("SET GLOBAL gtid_slave_pos = '0-1-5'")
    try:
        found = [finding.what for finding in examine(dock.server(), EVERY) if not finding.ok]
    finally:
        if dock.maria:
            dock.run("SET GLOBAL gtid_slave_pos = ''")
    assert found == (["log_slave_updates"] if dock.maria else [])


def test_a_server_that_is_away_is_left_to_the_other_questions() -> None:
    options = MysqlOptions(host="127.0.0.1", port=1, user="nobody", databases=["x"])
    assert MysqlSource(options, SecretStr(WORD)).check_logs(EVERY) == ()
