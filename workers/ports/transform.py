"""What a transform MUST do. Lowest floor."""

from typing import BinaryIO, Protocol


class Transform(Protocol):
    """Turns a stream into another and back. `suffix` is appended to the file name, for example `.zst`."""

    suffix: str

    def encode(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Write the encoded form of `source` to `sink`. Memory use MUST not grow with the stream."""

    def decode(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Write the plain form. MUST raise Corrupt where the stream is damaged, cut short or followed by other bytes."""
