"""A replica's link to a server, for as long as its RDB takes: no second copy on the server's disk, from any machine. Floor: tools.

`REPLCONF rdb-only` (Redis 7) tells the server that nobody will read what comes after the RDB; `capa eof` that the RDB may come
straight from the forked child, its end marked by 40 random bytes. Where another replica asks at the same time, the server lets
one fork serve both. https://redis.io/docs/latest/operate/oss_and_stack/management/replication/
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from workers.errors import Failure, Permanent, Transient
from workers.sources.redis.faults import LOGIN, login, refused, untrusted
from workers.sources.redis.session import PATIENCE, Server

BLOCK = 1 << 19  # bytes of a block: a segment of the smallest spool holds two
MARK = 40  # bytes that end an RDB of unknown size
_LINE = 512


class Link:
    """One link. Its answers are lines; then the RDB follows."""

    def __init__(self, server: Server, connection: socket.socket) -> None:
        """The connection is the caller's, who closes it."""
        self._server, self._connection = server, connection
        self._address = server.options.address
        self._buffer = bytearray(BLOCK)
        self._filled = 0
        self.bytes = 0

    def ask(self) -> None:
        """Log in and ask for the RDB."""
        if secret := self._server.secret:
            self._say("AUTH", *((self._server.options.user,) if self._server.options.user else ()), secret)
        self._say("REPLCONF", "capa", "eof")
        self._say("REPLCONF", "rdb-only", "1", optional=True)
        self._send("SYNC")

    def _send(self, *words: str) -> None:
        parts = [word.encode() for word in words]
        self._connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts))

    def _say(self, *words: str, optional: bool = False) -> None:
        self._send(*words)
        answer = self._line()
        if answer.startswith("-") and not optional:
            raise self._refusal(answer[1:], words[0])

    def _refusal(self, text: str, doing: str) -> Failure:
        if any(word in text for word in LOGIN):
            return login(self._server.options, text)
        if text.startswith(("LOADING", "NOMASTERLINK")):
            return Transient(f"{self._address} has no data to give yet: {text}")
        if text.startswith("BGSAVE"):
            return Permanent(
                f"{self._address} could not fork or write its snapshot ({text}): see its log; a fork needs vm.overcommit_memory = 1"
            )
        return refused(self._server.options, f"asking for the RDB ({doing})", text)

    def _line(self) -> str:
        """The next line, byte by byte, so that nothing of the RDB is taken with it; empty ones say only that the server lives."""
        line, letter = bytearray(), bytearray(1)
        while not line.endswith(b"\n") or not line.strip():
            line = line if line.strip() else bytearray()
            self._receive(memoryview(letter))
            line += letter
            if len(line) > _LINE:
                raise Permanent(f"{self._address} does not speak as Redis does: {bytes(line[:40])!r}…")
        return line.decode(errors="replace").strip()

    def _receive(self, view: memoryview) -> int:
        """Receive what is there, one byte at least. Permanent where the link has ended."""
        try:
            count = self._connection.recv_into(view)
        except TimeoutError as error:
            raise Permanent(f"{self._address} was silent for {PATIENCE:.0f} s while it sent its RDB") from error
        except OSError as error:
            raise self._gone(f" ({error.strerror})") from error
        if not count:
            raise self._gone()
        return count

    def _gone(self, why: str = "") -> Failure:
        return Permanent(
            f"{self._address} closed the link after {self.bytes} bytes of the RDB{why}: it ended, its save failed, or it waited longer"
            " than its repl-timeout for a spool that was full; its log says which"
        )

    def pieces(self) -> Iterator[bytes]:
        """The RDB. Raises Permanent where the link ends before it does."""
        line = self._line()
        if line.startswith("-"):
            raise self._refusal(line[1:], "SYNC")
        if line.startswith("$EOF:") and len(line) == 5 + MARK:
            yield from self._until(line[5:].encode())
        elif line.startswith("$") and line[1:].isdigit():
            yield from self._counted(int(line[1:]))
        else:
            raise Permanent(f"{self._address} answered a request for its RDB with {line[:60]!r}")

    def _fill(self, most: int) -> None:
        """Receive what is there, up to `most` bytes in the buffer."""
        count = self._receive(memoryview(self._buffer)[self._filled : most])
        self._filled += count
        self.bytes += count

    def _counted(self, size: int) -> Iterator[bytes]:
        while size:
            self._fill(min(size, BLOCK))
            if self._filled == min(size, BLOCK):
                size -= self._filled
                yield self._taken(self._filled)

    def _until(self, mark: bytes) -> Iterator[bytes]:
        while True:
            self._fill(BLOCK)
            done = self._filled >= MARK and self._buffer[self._filled - MARK : self._filled] == mark
            if done or self._filled == BLOCK:
                yield self._taken(self._filled - MARK)
            if done:
                self.bytes -= MARK
                return

    def _taken(self, count: int) -> bytes:
        """The first bytes of the buffer; the others move to its beginning."""
        taken = bytes(memoryview(self._buffer)[:count])
        rest = self._filled - count
        self._buffer[:rest] = self._buffer[count : self._filled]
        self._filled = rest
        return taken


@contextmanager
def streamed(server: Server) -> Iterator[Iterator[bytes]]:
    """The RDB of a server as it is now, in pieces; the link ends with the block."""
    with _connected(server) as connection:
        link = Link(server, connection)
        link.ask()
        yield link.pieces()


def _connected(server: Server) -> socket.socket:
    """A connection, with TLS where the options say so. Transient where nobody answers."""
    options = server.options
    context = server.context()
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(PATIENCE)
        if options.socket:
            connection.connect(str(options.socket))
            return connection
        connection.close()
        connection = socket.create_connection((options.host, options.port), PATIENCE)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return context.wrap_socket(connection, server_hostname=options.host) if context else connection
    except ssl.SSLError as error:
        connection.close()
        raise untrusted(options, str(error)) from error
    except OSError as error:
        connection.close()
        raise Transient(f"no Redis answers at {options.address}: {error.strerror or error}") from error
