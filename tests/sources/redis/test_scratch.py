"""A scratch server proves an RDB, and is gone afterwards whatever happens."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.sources.redis.hands import take
from workers.errors import Corrupt, Permanent
from workers.sources.redis.scratch import Wish, scratch


@pytest.fixture
def wish(full, tmp_path):
    (tmp_path / "dump.rdb").write_bytes(take(full.server(), tmp_path).rdb)
    return Wish(full.options(), tmp_path, 16)


def test_it_holds_what_was_dumped(full, wish):
    with scratch(wish) as loaded:
        assert loaded.state.keys == sum(value["keys"] for value in full.client().info("keyspace").values())
        assert loaded.state.expired == 0


def test_its_password_is_in_no_argv_and_in_no_file(wish):
    secret = "w0rd-of-a-test"  # it is one
    with scratch(Wish(wish.options, wish.folder, 16, password=SecretStr(secret))) as loaded:
        assert loaded.server.secret == secret
        assert secret not in Path(f"/proc/{loaded.process.pid}/cmdline").read_text()
        assert not any(secret.encode() in path.read_bytes() for path in wish.folder.iterdir() if path.is_file())


def test_it_ends_with_its_block_whatever_happens(wish):
    with pytest.raises(KeyError), scratch(wish) as loaded:
        raise KeyError
    assert loaded.process.poll() is not None


@pytest.mark.parametrize("damage", ["cut", "flipped", "newer", "no"])
def test_what_does_not_load_is_told_in_the_servers_own_words(wish, damage):
    file = wish.folder / "dump.rdb"
    data = file.read_bytes()
    middle = len(data) // 2
    made = {
        "cut": data[:middle],
        "flipped": data[:-20] + bytes([data[-20] ^ 1]) + data[-19:],
        "newer": b"REDIS0099" + data[9:],
        "no": b"something else",
    }
    file.write_bytes(made[damage])
    with pytest.raises(Corrupt, match="a scratch server could not load the RDB"), scratch(wish):
        pass


def test_settings_that_it_does_not_take_are_no_fault_of_the_rdb(wish):
    with pytest.raises(Permanent) as caught, scratch(Wish(wish.options, wish.folder, 0)):
        pass
    assert not isinstance(caught.value, Corrupt)
    assert "databases" in caught.value.reason
