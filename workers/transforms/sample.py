"""Whether a file is worth compressing, told by pieces from all over it. Photographs, films and archives are not."""

import os
from pathlib import Path

import zstandard

from workers.errors import Permanent

PIECES, PIECE = 16, 16 << 10  # 256 KiB of a segment of 16 to 128 MiB: less than a millisecond
GAIN = 0.03  # of the bytes; below, as much time goes into compressing as into storing what it saves, and again on every restore


def compresses(path: Path) -> bool:
    """Whether zstd would save a thirtieth or more of a file. A file that is hardly larger than the pieces is always worth it."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < 2 * PIECES * PIECE:
                return True
            packer = zstandard.ZstdCompressor(level=1)
            pieces = (os.pread(file.fileno(), PIECE, size // PIECES * number) for number in range(PIECES))
            packed = sum(min(len(packer.compress(piece)), PIECE) for piece in pieces)
    except OSError as error:
        raise Permanent(f"cannot read {path}: {error.strerror}") from error
    return packed < (1 - GAIN) * PIECES * PIECE
