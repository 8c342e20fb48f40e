"""The settings of one database: each fault says what would be right."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from workers.sources.mysql.options import MysqlOptions

GOOD: dict[str, object] = {"host": "db", "user": "u", "databases": ["d"]}


def test_the_example_of_the_settings_file_is_taken() -> None:
    options = MysqlOptions(socket=Path("/run/s.sock"), user="u", databases=["community"], duplicates=["users.email"])
    assert (options.database, options.address, options.port) == ("community", "/run/s.sock", 3306)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"databases": []}, "names 0 databases, a target holds exactly one"),
        ({"databases": ["a", "b"]}, "names 2 databases"),
        ({"databases": [""]}, "exactly one"),
        ({"socket": "/s"}, "exactly one of socket and host"),
        ({"host": None}, "exactly one of socket and host"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"duplicates": ["email"]}, "'email' is not of the form table.column"),
        ({"pasword": "x"}, "Extra inputs"),
        ({"user": ""}, "at least 1 character"),
    ],
)
def test_a_fault_says_what_would_be_right(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        MysqlOptions.model_validate({**GOOD, **change})


@pytest.mark.parametrize(
    ("address", "tls", "encrypted"),
    [
        ({"host": "127.0.0.1"}, None, False),
        ({"host": "::1"}, None, False),
        ({"host": "localhost"}, None, False),
        ({"host": "db.internal"}, None, True),
        ({"host": "10.0.0.7"}, None, True),
        ({"host": "db.internal"}, False, False),
        ({"host": "127.0.0.1"}, True, True),
        ({"host": None, "socket": "/s"}, None, False),
    ],
)
def test_a_remote_host_is_reached_through_tls_unless_the_settings_say_otherwise(address: object, tls: bool | None, encrypted: bool) -> None:
    assert MysqlOptions.model_validate({**GOOD, **address, "tls": tls}).encrypted is encrypted  # type: ignore[dict-item]


def test_every_option_is_described() -> None:
    assert all(field.description for field in MysqlOptions.model_fields.values())
