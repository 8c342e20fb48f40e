"""A bad line between a client and a server: a relay on the loopback that damages, loses or cuts what goes through it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Wire:
    """What is wrong with the line; everything may be changed while it is in use. `connections` counts those that were opened."""

    server: int
    swap: tuple[bytes, bytes] | None = None  # on the way there: these bytes become those, of the same length
    lost: int = 0  # so many answers of status 200 never arrive
    cut: int | None = None  # an answer ends after so many bytes
    connections: int = 0
    port: int = field(default=0, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def there(self, block: bytes) -> bytes:
        return block.replace(*self.swap) if self.swap else block

    def back(self, block: bytes, before: int) -> bytes | None:
        """What goes on of an answer of which `before` bytes did; None ends the connection."""
        if self.lost and b" 200 " in block[:20]:
            self.lost -= 1
            return None
        if self.cut is not None and before + len(block) > self.cut:
            return None
        return block


@contextmanager
def line(server: int) -> Iterator[Wire]:
    """A line to a port of the loopback, sound until it is told otherwise."""
    wire = Wire(server)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire.port = listener.getsockname()[1]
        threading.Thread(target=_accept, args=(wire, listener), daemon=True).start()
        try:
            yield wire
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _accept(wire: Wire, listener: socket.socket) -> None:
    with suppress(OSError):  # the listener is closed
        while True:
            client, _ = listener.accept()
            wire.connections += 1
            server = socket.create_connection(("127.0.0.1", wire.server))
            threading.Thread(target=_there, args=(wire, client, server), daemon=True).start()
            threading.Thread(target=_back, args=(wire, client, server), daemon=True).start()


def _there(wire: Wire, client: socket.socket, server: socket.socket) -> None:
    with suppress(OSError):
        while block := client.recv(1 << 16):
            server.sendall(wire.there(block))
        server.shutdown(socket.SHUT_WR)


def _back(wire: Wire, client: socket.socket, server: socket.socket) -> None:
    passed = 0
    with suppress(OSError), client, server:
        while block := server.recv(1 << 12):
            kept = wire.back(block, passed)
            if kept is None:
                client.shutdown(socket.SHUT_RDWR)
                return
            client.sendall(kept)
            passed += len(kept)
