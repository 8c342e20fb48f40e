"""The synthetic source: as many segments as its options say, of as many bytes, made from their numbers."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from pydantic import BaseModel, ConfigDict, SecretStr

from workers.artifact import Count, Facts, Kind, Order, Outcome, Role, Segment
from workers.ports import Block, Finding, Part, Place


class Options(BaseModel):
    """The table `[targets.<name>.synthetic]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    segments: int = 3
    bytes: int = 1000
    noise: bool = False  # bytes that do not compress


class Stream:
    """A dump of them."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def parts(self) -> Iterator[Part]:
        for number in range(self._options.segments):
            text = f"{number:09}\n".encode()
            data = Random(number).randbytes(self._options.bytes) if self._options.noise else text * (self._options.bytes // len(text))
            yield Part("data", Role.DATA, iter([Block(data, (f"part {number}",))]))

    def facts(self) -> Facts:
        counts = (Count("bytes", self._options.bytes),)
        return Facts("synthetic", "synthetic", "1", "synthetic", datetime.now(UTC), counts, "0" * 64)


class Synthetic:
    """A source that can be dumped; nothing can be restored to it."""

    def __init__(self, options: Options, _secret: SecretStr | None, *, streams: int = 1) -> None:
        self._options = options

    def check(self) -> tuple[Finding, ...]:
        return (Finding(True, "synthetic", "always there"),)

    def size(self) -> int:
        return self._options.segments * self._options.bytes

    @contextmanager
    def dump(self, _kind: Kind) -> Iterator[Stream]:
        yield Stream(self._options)

    def place(self, into: str) -> Place:
        return Place(into, exists=False, empty=True)

    def prepare(self, order: Order, schema: Iterable[tuple[Segment, Path]]) -> None:
        raise NotImplementedError

    def load(self, order: Order, segment: Segment, plain: Path) -> None:
        raise NotImplementedError

    def finish(self, order: Order, rest: Iterable[tuple[Segment, Path]]) -> Outcome:
        raise NotImplementedError
