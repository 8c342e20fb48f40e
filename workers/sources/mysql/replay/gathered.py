"""The names of many transactions as one short text, in each flavour's own way. Floor: tools."""


class Gathered:
    """A set of GTIDs that grows: intervals by source on MySQL, the last of each domain on MariaDB."""

    def __init__(self) -> None:
        """Nothing is in it."""
        self._spans: dict[str, list[tuple[int, int]]] = {}
        self._last: dict[str, str] = {}

    def add(self, gtid: str) -> None:
        """Put one in; "" is the name of no transaction."""
        if ":" in gtid:
            source, _, number = gtid.rpartition(":")
            self._span(self._spans.setdefault(source, []), int(number))
        elif gtid:
            self._last[gtid.partition("-")[0]] = gtid

    def _span(self, spans: list[tuple[int, int]], number: int) -> None:
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))

    @property
    def text(self) -> str:
        """As the server writes it, though not in its order: both flavours read it."""
        if self._last:
            return ",".join(self._last.values())
        return ",".join(f"{source}:" + ":".join(_span(*span) for span in spans) for source, spans in self._spans.items())


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
