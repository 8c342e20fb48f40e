import io
import os
from pathlib import Path

import pytest

from workers.errors import Transient
from workers.stores.faults import Faults
from workers.stores.objects import Reader, opened


def test_a_disk_that_cannot_be_read_is_told_in_words() -> None:
    memory = io.FileIO("/proc/self/mem")  # nothing is mapped at address 0, so that reading there is a real I/O error
    with (
        Reader(memory, Faults("nas", Path("/mnt/nas"))("a/b")) as reader,
        pytest.raises(Transient, match="Input/output error: /mnt/nas/a/b"),
    ):
        reader.read(10)


def test_a_named_pipe_is_no_object_and_holds_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    folder = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(FileNotFoundError):
        opened(folder, "pipe")
    os.close(folder)
