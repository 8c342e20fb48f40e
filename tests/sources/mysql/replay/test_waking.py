"""Events that came in by replication."""

import pytest

from tests.sources.mysql.replay.conftest import Base
from tests.sources.mysql.replay.test_flavours import replayed, written
from workers.sources.mysql.replay.decoding import Query
from workers.sources.mysql.replay.waking import after


def test_an_event_from_the_logs_is_what_it_was_on_the_live_server(base: Base) -> None:
    database = base.live.database()
    full = base.live.dump(base.live.target(database))
    made = [
        f"CREATE DEFINER = nobody@nowhere EVENT {name} ON SCHEDULE EVERY 1 DAY {state} DO SELECT 1"
        for name, state in (("one", ""), ("two", "DISABLE"))
    ]
    written(base, database, "SET SESSION sql_mode = 'ANSI_QUOTES', time_zone = '+03:00'", "SET NAMES latin1", *made)
    replayed(base, full, database)
    for name in ("one", "two"):
        question = f"SHOW CREATE EVENT {database}.{name}"
        assert base.ask(question) == base.live.execute(question)


@pytest.mark.parametrize(
    ("statements", "wanted"),
    [
        (["CREATE EVENT a ON SCHEDULE EVERY 1 DAY DO DISABLE"], {"old": "DISABLE", "a": "ENABLE"}),
        (
            ["CREATE DEFINER=`event`@`x` EVENT IF NOT EXISTS `c`.`A` ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1"],
            {"old": "DISABLE", "a": "DISABLE"},
        ),
        (["CREATE EVENT a ON SCHEDULE EVERY 1 DAY DISABLE ON SLAVE DO SELECT 1"], {"old": "DISABLE", "a": "ELSEWHERE"}),
        (["ALTER EVENT c.old ENABLE", "ALTER EVENT old RENAME TO c.new"], {"new": "ENABLE"}),
        (["ALTER EVENT old COMMENT 'ENABLE'"], {"old": "DISABLE"}),
        (["DROP EVENT IF EXISTS old"], {}),
        (["CREATE TABLE t (id INT)", "DROP TABLE t"], {"old": "DISABLE"}),
    ],
)
def test_whether_an_event_is_on_is_followed_through_its_statements(statements: list[str], wanted: dict[str, str]) -> None:
    assert after({"old": "DISABLE"}, [Query("c", sql.encode()) for sql in statements]) == wanted
