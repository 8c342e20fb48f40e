"""The server's refusals in our words."""

import pytest
from redis.exceptions import ResponseError

from workers.errors import Permanent, Transient
from workers.sources.redis.faults import failure, told
from workers.sources.redis.options import RedisOptions

OPTIONS = RedisOptions.model_validate({"host": "r1", "user": "backup"})


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ("WRONGPASS invalid username-password pair", Permanent, "refuses user 'backup' or its password"),
        ("ERR Client sent AUTH, but no password is set; called without any password configured", Permanent, "nopass = true"),
        ("LOADING Redis is loading the dataset in memory", Transient, "still loading"),
        ("NOPERM this user has no permissions to run the 'sync' command", Permanent, "ACL SETUSER"),
        ("MISCONF Redis is configured to save RDB snapshots", Permanent, "stop-writes-on-bgsave-error"),
        ("ERR unknown command 'SYNC'", Permanent, "as hosted services do not"),
        ("ERR something else", Permanent, "looking on r1:6379: ERR something else"),
    ],
)
def test_each_refusal_says_what_would_mend_it(said, kind, words):
    found = failure(ResponseError(said), OPTIONS, "looking")
    assert type(found) is kind
    assert words in found.reason


def test_an_exception_of_the_client_never_leaves():
    with pytest.raises(Permanent), told(OPTIONS, "looking"):
        raise ResponseError("ERR no")
