"""As many bytes as were promised, whatever happens to the file meanwhile."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.sources.files.content import Content
from workers.sources.files.tar import Shape

HOLES = Shape(6, ((0, 2), (100, 4)))


@pytest.fixture
def fd(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "f"
    path.write_bytes(b"ab" + bytes(98) + b"wxyz")
    descriptor = os.open(path, os.O_RDWR)
    yield descriptor
    os.close(descriptor)


def test_a_whole_file_comes_as_it_is(fd: int) -> None:
    content = Content(fd, Shape(104))
    assert b"".join(content) == content.whole() == b"ab" + bytes(98) + b"wxyz"
    assert content.problem == ""


def test_of_a_sparse_file_only_the_data_between_its_holes_come(fd: int) -> None:
    assert b"".join(Content(fd, HOLES)) == Content(fd, HOLES).whole() == b"abwxyz"


@pytest.mark.parametrize("shape", [Shape(104), HOLES], ids=["whole", "sparse"])
def test_a_file_that_ends_before_is_filled_with_zeros(fd: int, shape: Shape) -> None:
    os.ftruncate(fd, 101)
    found = Content(fd, shape).whole()
    assert (len(found), found[-4:]) == (shape.stored, b"w\0\0\0")


def test_pieces_are_a_mebibyte_at_most(fd: int) -> None:
    sizes = [len(piece) for piece in Content(fd, Shape(5 << 19))]
    assert sum(sizes) == 5 << 19
    assert max(sizes) == 1 << 20


@pytest.mark.parametrize("ask", [Content.whole, lambda content: b"".join(content)], ids=["whole", "piece by piece"])
def test_a_file_that_cannot_be_read_is_zeros_and_says_why(tmp_path: Path, ask) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    content = Content(folder, Shape(5))
    assert ask(content) == bytes(5)
    assert content.problem == "cannot be read: Is a directory"
    os.close(folder)
