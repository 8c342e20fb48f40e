"""SMILE, the binary form of JSON in which the table of a shard is written: read, no more. Floor: tools.

Read value by value, for among the names of files stand random texts and the raw bytes of small files, and whoever searches those for
something that looks like a name finds one now and then. Format: github.com/FasterXML/smile-format-specification. What Elasticsearch does
not write there is not read: fractions, large numbers, texts that are told once, and more than 64 names of fields.
"""

from typing import Any

_HEAD = b":)\n"
_TOLD_ONCE = 0x02  # bit of the fourth byte: texts that come again are numbers
_END_ARRAY, _END_OBJECT, _END_TEXT = 0xF9, 0xFB, 0xFC
_PLAIN = {0x20: "", 0x21: None, 0x22: False, 0x23: True}


def loads(data: bytes) -> Any:
    """The value in some bytes; raw bytes come as bytes. Raises ValueError, which says where, for what is none or is not read here."""
    try:
        return _Reader(data).value()
    except IndexError as error:
        raise ValueError("it ends in the middle of a value") from error


class _Reader:
    """A place in the bytes, and the names of fields that were seen: a name that comes again is its number."""

    def __init__(self, data: bytes) -> None:
        if data[:3] != _HEAD or data[3] & _TOLD_ONCE:
            raise ValueError(f"it begins with {data[:4].hex()}, which is not known here")
        self._data, self._at, self._names = data, len(_HEAD) + 1, list[str]()

    def value(self) -> Any:
        return self._value(self._byte())

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, count: int) -> bytes:
        self._at += count
        if self._at > len(self._data):
            raise IndexError
        return self._data[self._at - count : self._at]

    def _number(self) -> int:
        """Seven bits of each byte, and six of the last one, which its highest bit tells."""
        found = 0
        while (byte := self._byte()) < 0x80:
            found = found << 7 | byte
        return found << 6 | byte & 0x3F

    def _value(self, token: int) -> Any:
        if token in _PLAIN:
            return _PLAIN[token]
        if token in (0x24, 0x25) or 0xC0 <= token <= 0xDF:
            return _signed(token & 0x1F if token >= 0xC0 else self._number())
        if 0x40 <= token <= 0xBF:
            return self._text(token, 0x80)
        if token in (0xE0, 0xE4):
            return self._bytes(self._data.index(_END_TEXT, self._at) + 1 - self._at)[:-1].decode()
        if token == 0xF8:
            return [self._value(token) for token in iter(self._byte, _END_ARRAY)]
        if token == 0xFA:
            return dict(self._field(token) for token in iter(self._byte, _END_OBJECT))
        if token == 0xFD:
            return self._bytes(self._number())
        raise self._strange(token)

    def _field(self, token: int) -> tuple[str, Any]:
        return self._name(token), self.value()

    def _name(self, token: int) -> str:
        if 0x40 <= token <= 0x7F:
            return self._names[token & 0x3F]
        if 0x80 <= token <= 0xF7:
            self._names.append(self._text(token, 0xC0))
            return self._names[-1]
        raise self._strange(token)

    def _text(self, token: int, wide: int) -> str:
        """A short text, whose token holds its length; from `wide` on it is not all ASCII, and so at least two bytes."""
        return self._bytes((token & 0x3F) + (2 if token >= wide else 1)).decode()

    def _strange(self, token: int) -> ValueError:
        return ValueError(f"byte {self._at - 1} is {token:#04x}, which is not known here")


def _signed(number: int) -> int:
    """The lowest bit is the sign."""
    return number >> 1 ^ -(number & 1)
