"""How a server is logged in to."""

import pytest
from pydantic import SecretStr

from workers.errors import Permanent, Refused
from workers.sources.redis.options import RedisOptions
from workers.sources.redis.session import Server


def test_a_unix_socket_is_an_address(redis7, tmp_path):
    server = redis7(unixsocket=str(tmp_path / "s")).fill()
    made = Server(RedisOptions.model_validate({"socket": tmp_path / "s"}), SecretStr(server.password))
    with made.session("looking") as client:
        assert client.dbsize() > 0


def test_a_password_is_in_no_repr(full):
    assert full.password not in repr(full.server())


def test_no_password_is_sent_where_none_is_asked_for(full):
    assert full.server(nopass=True).secret is None
    with pytest.raises(Permanent, match="refuses the default user"), full.server(nopass=True).session("looking") as client:
        client.ping()


def test_a_file_of_tls_that_is_missing_is_named(tmp_path):
    options = {"host": "r", "tls": True, "ca_file": tmp_path / "ca.crt"}
    with pytest.raises(Refused, match=r"ca.crt is missing \(ca_file of this target\)"):
        Server(RedisOptions.model_validate(options)).context()


def test_a_key_that_others_may_read_is_refused(tmp_path):
    for name in ("c", "k"):
        (tmp_path / name).write_text("x")
    (tmp_path / "k").chmod(0o644)
    options = {"host": "r", "tls": True, "cert_file": tmp_path / "c", "key_file": tmp_path / "k"}
    with pytest.raises(Refused, match="wider than 0600"):
        Server(RedisOptions.model_validate(options)).client()
