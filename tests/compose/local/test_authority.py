"""Certificates that a server on the loopback and its clients can prove to each other."""

import ssl
import stat

import pytest

from compose.local.authority import Authority


def test_what_it_signs_is_trusted_by_who_trusts_it_and_by_nobody_else(tmp_path):
    mine, other = Authority(tmp_path / "mine"), Authority(tmp_path / "other")
    pair = mine.issue("redis")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pair.cert, pair.key)
    assert handshake(server, ssl.create_default_context(cafile=str(mine.ca)))
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, ssl.create_default_context(cafile=str(other.ca)))


def test_keys_are_readable_by_their_owner_alone(tmp_path):
    assert stat.S_IMODE(Authority(tmp_path).issue("db1").key.stat().st_mode) == 0o600


def handshake(server, client):
    """Both sides in memory; True when both are done."""
    (to_server, to_client) = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    two = server.wrap_bio(to_server, to_client, server_side=True)
    done = set()
    for _ in range(10):
        for side in (one, two):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue
    return len(done) == 2
