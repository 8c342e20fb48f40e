"""A replica's link: what comes through it, and how it ends."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import sleep

import pytest

from compose.local.authority import Authority
from compose.local.redis import Redis, SecureRedis, program
from tests.sources.redis.conftest import TOOLS, fill, secure
from tests.sources.redis.hands import take
from workers.errors import Corrupt, Permanent, Transient
from workers.sources.redis.link import BLOCK, streamed
from workers.sources.redis.options import RedisOptions
from workers.sources.redis.session import Server


def read(server: Server) -> bytes:
    with streamed(server) as pieces:
        return b"".join(pieces)


@contextmanager
def between(port: int, change: Callable[[bytes, int], bytes | None]) -> Iterator[int]:
    """A proxy: what the server sends goes through `change` with its offset; None hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, port, change), daemon=True).start()
        yield listener.getsockname()[1]


def _serve(listener: socket.socket, port: int, change: Callable[[bytes, int], bytes | None]) -> None:
    try:
        while True:
            here, _ = listener.accept()
            there = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=_pump, args=(here, there, lambda data, _: data), daemon=True).start()
            threading.Thread(target=_pump, args=(there, here, change), daemon=True).start()
    except OSError:
        return  # the test is over


def _pump(source: socket.socket, sink: socket.socket, change: Callable[[bytes, int], bytes | None]) -> None:
    seen = 0
    try:
        while (data := source.recv(1 << 16)) and (out := change(data, seen)) is not None:
            seen += len(data)
            sink.sendall(out)
    except OSError:
        pass  # the other side hung up
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)  # close alone would wait for the other thread's recv


def wide(server: Redis) -> None:
    """Some 2 MB, in many small pieces."""
    server.client().execute_command("DEBUG", "POPULATE", "20000", "k", "200")


def test_large_data_come_in_blocks_that_the_smallest_spool_takes(full):
    wide(full)
    with streamed(full.server()) as pieces:
        sizes = [len(piece) for piece in pieces]
    assert sum(sizes) > 2_000_000
    assert max(sizes) <= BLOCK


def test_a_server_that_saves_to_its_disk_first_is_read_as_well(redis7):
    server = redis7(repl_diskless_sync="no").fill()
    data = read(server.server())
    assert data.startswith(b"REDIS0010")
    assert data[-9] == 0xFF


def test_redis_6_is_read_as_well(tmp_path):
    class Redis6(Redis):
        def program(self) -> str:
            return program()

    with Redis6(tmp_path / "r") as server:
        fill(server.client())
        options = RedisOptions(host="127.0.0.1", port=server.port, tools=TOOLS, nopass=True)
        facts = take(Server(options), tmp_path).facts
        assert sum(count.rows for count in facts.counts) == server.client().dbsize()


def test_two_readers_at_once_share_one_fork(redis7):
    server = redis7(repl_diskless_sync_delay="1").fill()
    threads = [threading.Thread(target=read, args=(server.server(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.client().info("stats")["total_forks"] == 1


def test_tls_and_users_are_spoken(tmp_path):
    authority = Authority(tmp_path / "authority")
    with SecureRedis(tmp_path / "r", authority) as server:
        fill(server.client())
        assert sum(count.rows for count in take(secure(server, authority), tmp_path).facts.counts) == server.client().dbsize()


def test_a_certificate_of_a_stranger_is_no_server(tmp_path):
    authority, stranger = Authority(tmp_path / "authority"), Authority(tmp_path / "stranger")
    with SecureRedis(tmp_path / "r", authority) as server, pytest.raises(Permanent, match="no TLS with"):
        read(secure(server, authority, ca_file=stranger.ca))


def test_a_wrong_password_is_told_as_such(full):
    with pytest.raises(Permanent, match="refuses the default user or its password"):
        read(Server(full.options(), None))


def test_nobody_there_is_worth_another_try(full):
    full.stop()
    with pytest.raises(Transient, match="no Redis answers"):
        read(full.server())


def test_a_link_that_is_cut_is_no_backup(full, tmp_path):
    wide(full)
    gone = pytest.raises(Permanent, match=r"closed the link after \d{6,} bytes")
    with between(full.port, lambda data, seen: data if seen < 1_000_000 else None) as port, gone:
        take(full.server(port=port), tmp_path)


def test_a_server_that_is_killed_in_the_middle_is_no_backup(redis7, tmp_path):
    server = redis7(rdb_key_save_delay="100")  # µs for each key
    wide(server)
    threading.Timer(0.7, server.kill).start()
    with pytest.raises(Permanent, match="closed the link"):
        take(server.server(), tmp_path)


def test_a_byte_that_is_flipped_on_the_way_is_found(full, tmp_path):
    wide(full)

    def flip(data: bytes, seen: int) -> bytes:
        return data[:-1] + bytes([data[-1] ^ 1]) if seen < 1_500_000 <= seen + len(data) else data

    with between(full.port, flip) as port, pytest.raises(Corrupt, match=r"damaged: its \d+ bytes have CRC"):
        take(full.server(port=port, prove="crc"), tmp_path)


def test_a_save_that_runs_is_waited_for(redis7, tmp_path):
    server = redis7(rdb_key_save_delay="20", save="3600 1")
    wide(server)
    server.client().bgsave()
    assert sum(count.rows for count in take(server.server(), tmp_path).facts.counts) == 20000


def test_a_reader_that_leaves_early_leaves_no_replica(full):
    wide(full)
    with streamed(full.server()) as pieces:
        next(pieces)
    for _ in range(50):
        if not full.client().info("replication")["connected_slaves"]:
            return
        sleep(0.1)
    raise AssertionError("the server still feeds a replica")


def test_a_replica_whose_master_is_gone_has_nothing_to_give_yet(full):
    full.client().execute_command("REPLICAOF", "127.0.0.1", "1")
    with pytest.raises(Transient, match="NOMASTERLINK"):
        read(full.server())
