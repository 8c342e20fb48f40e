"""The options refuse what cannot work, and say why."""

import pytest
from pydantic import ValidationError

from workers.sources.redis.options import RedisOptions


def options(**given):
    return RedisOptions.model_validate(given)


def test_a_server_has_one_address():
    assert options(host="r", port=7).address == "r:7"
    assert options(socket="/run/r.sock").address == "/run/r.sock"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "exactly one of socket and host"),
        ({"host": "r", "socket": "/s"}, "exactly one of socket and host"),
        ({"host": "r", "tls": True, "cert_file": "/c"}, "belong together"),
        ({"host": "r", "ca_file": "/c"}, "set tls = true"),
        ({"socket": "/s", "tls": True}, "leave tls out"),
        ({"host": "r", "restore": "files"}, "needs stop, start and folder"),
        ({"host": "r", "method": "save"}, "'stream', 'bgsave' or 'aof'"),
        ({"host": "r", "hots": "r"}, "Extra inputs"),
    ],
)
def test_a_mistake_is_told(given, words):
    with pytest.raises(ValidationError, match=words):
        options(**given)
