"""Error numbers become words that say what would mend it."""

import pymysql
import pytest

from workers.errors import Permanent, Transient
from workers.sources.mysql.faults import Moment, failure, grant_for, quoted, told
from workers.sources.mysql.options import MysqlOptions

OPTIONS = MysqlOptions(host="127.0.0.1", user="canvasback", databases=["com`m"])
IDLE, RUNNING = Moment(OPTIONS, "connecting"), Moment(OPTIONS, "reading rows", running=True)


def test_a_wrong_password_is_named_before_anything_is_read(ground) -> None:
    user = ground.account()
    with pytest.raises(Permanent, match=rf"refuses user '{user}' or its password \(1045\).*password secret"):
        ground.target("mysql", user, password="wrong")


def test_a_server_that_is_away_is_tried_again() -> None:
    with pytest.raises(Transient, match=r"no MySQL or MariaDB server answers at 127.0.0.1:3306: Lost"), told(IDLE):
        raise pymysql.OperationalError(2003, "Lost connection")


def test_a_server_that_goes_in_mid_dump_is_not_tried_again() -> None:
    found = failure(pymysql.OperationalError(2013, "Lost connection"), RUNNING)
    assert isinstance(found, Permanent)
    assert found.reason == "reading rows on 127.0.0.1:3306: Lost connection (2013)"


@pytest.mark.parametrize(
    ("text", "grant"),
    [
        (
            "Access denied; you need (at least one of) the RELOAD or FLUSH_TABLES privilege(s) for this operation",
            "GRANT FLUSH_TABLES ON *.* TO 'canvasback'@'%';",
        ),
        (
            "Access denied; you need (at least one of) the SUPER, BINLOG MONITOR privilege(s) for this operation",
            "GRANT BINLOG MONITOR ON *.* TO 'canvasback'@'%';",
        ),
        ("SELECT command denied to user 'u'@'h' for table `mysql`.`user`", "GRANT SELECT ON mysql.* TO 'u'@'h';"),
        ("SHOW VIEW command denied to user 'u'@'h' for table 'v'", "GRANT SHOW VIEW ON `com``m`.* TO 'u'@'h';"),
        ("Access denied for user 'u'@'%' to database 'com`m'", "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `com``m`.* TO 'u'@'%';"),
    ],
)
def test_a_refusal_carries_the_grant_that_answers_it(text: str, grant: str) -> None:
    assert grant_for(text, OPTIONS) == grant
    assert grant in failure(pymysql.OperationalError(1227, text), RUNNING).reason


def test_an_error_without_a_number_is_still_told() -> None:
    assert failure(pymysql.InterfaceError("closed"), RUNNING).reason.endswith("closed (0)")
    assert failure(pymysql.InterfaceError(), RUNNING).reason.endswith("InterfaceError (0)")


def test_identifiers_are_quoted_and_control_characters_refused() -> None:
    assert quoted("a`b한") == "`a``b한`"
    with pytest.raises(Permanent, match="control character"):
        quoted("a\nb")
