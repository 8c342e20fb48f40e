"""What a process writes is taken within bounds, and beyond them only while it must not wait."""

import os
import threading
import time

import pytest

from workers.sources.mysql.physical import pump


def write(fd: int, count: int, written: list[int]) -> None:
    for _ in range(count):
        os.write(fd, bytes(1 << 20))
        written.append(1)
    os.close(fd)


def settled(written: list[int]) -> int:
    """How much was written once nothing more is."""
    before = -1
    while before != len(written):
        before = len(written)
        time.sleep(0.3)
    return before


def test_a_process_waits_once_enough_is_held_and_goes_on_in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump, "HELD", 4 << 20)
    monkeypatch.setattr(pump, "HURRIED", 64 << 20)
    out, into = os.pipe()
    taken, written = pump.Pump(out), list[int]()
    writer = threading.Thread(target=write, args=(into, 20, written))
    writer.start()
    assert settled(written) < 10
    taken.hurry(True)
    writer.join(10)
    assert len(written) == 20
    assert len(taken.read(5 << 20)) == 5 << 20
    assert len(taken.read(1 << 30)) == 15 << 20
    assert taken.read(1) == b""
    os.close(out)


def test_ending_it_waits_for_no_reader() -> None:
    out, into = os.pipe()
    taken = pump.Pump(out)
    os.write(into, b"abc")
    os.close(into)
    taken.end()
    assert taken.read(10) in (b"", b"abc")
    os.close(out)
