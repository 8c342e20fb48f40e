"""restic's last words, and the failures that they are."""

import pytest

from tests.sources.engine.hands import take
from tests.system import disks
from workers.errors import Permanent, Transient
from workers.sources.engine.child import Ended
from workers.sources.restic.faults import failure, words


def said(text: str, status: int = 1) -> Ended:
    return Ended(status, (), (text,))


@pytest.mark.parametrize(
    ("ended", "kind", "told"),
    [
        (said("", 12), Permanent, "nas does not open with the secret …_restic_password"),
        (
            said('{"message_type":"exit_error","code":10,"message":"Fatal: no config"}', 10),
            Permanent,
            "nas is not there, .*: Fatal: no config",
        ),
        (said("Fatal: already locked", 11), Transient, "nas is locked: Fatal: already locked"),
        (said("", -9), Permanent, r"restic backup was killed \(signal 9\)"),
        (said("write /nas/data: no space left on device"), Permanent, "nas is full: .*; make room"),
        (said("Fatal: client.PutObject: Access Denied."), Permanent, "may not be used with the login of its store"),
        (said("dial tcp 127.0.0.1:1: connect: connection refused"), Transient, "nas does not answer"),
        (said(""), Permanent, "nas: restic backup failed: status 1"),
    ],
)
def test_each_is_a_failure_of_the_house_in_one_sentence(ended, kind, told):
    found = failure("nas", ended, "backup")
    assert type(found) is kind
    with pytest.raises(kind, match=told):
        raise found


def test_restics_words_come_out_of_their_json_once_and_without_advice_to_programmers():
    lines = (
        '{"message_type":"error","error":{"message":"open /x: denied"},"during":"scan","item":"/x"}',
        '{"message_type":"error","error":{"message":"open /x: denied"},"during":"archival","item":"/x"}',
        '{"message_type":"error","message":"restic repair packs 73b"}',
        '{"message_type":"exit_error","code":10,"message":"Fatal: it is not there\\nIs there a repository at /nas?"}',
        "plain words",
        "3",
    )
    assert words(lines) == ["/x: open /x: denied", "Fatal: it is not there", "plain words"]


def test_a_store_that_is_full_is_told_as_such(made):
    (made.path / "big.bin").write_bytes(bytes(range(256)) * 40_000)
    with (
        disks.small(made.repository() / "data", "48k"),
        pytest.raises(Permanent, match=r"store nas: .* is full: .*no space left on device"),
    ):
        take(made)
