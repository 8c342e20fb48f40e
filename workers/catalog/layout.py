"""The bytes of a sealed document: JSON in one layout only, closed by a digest that `sha256sum` alone can check.

    {
    "format": 1,
    …
    "digest": "<SHA-256 of all bytes above this line>",
    "signature": null
    }

Objects and arrays of the first two levels have one member per line, deeper ones none: `sed` and `grep` can read it.
Because there is exactly one way to write a document, a reader that writes it again and compares has found every
repeated key, odd number, escape and space. A later signature signs the digest, which is why it stands after it.
"""

import hashlib
import json
from typing import Any, NoReturn

from workers.errors import Corrupt

LIMIT = 1 << 28  # bytes; 10 TiB in segments of 128 MiB make about 48 MiB of manifest
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_TAIL = '"digest": "%s",\n"signature": null\n}\n'


def write(fields: dict[str, Any]) -> bytes:
    """The document with these fields, in their order."""
    head = "{\n" + "".join(f"{_text(name)}: {_lines(value)},\n" for name, value in fields.items())
    return head.encode() + (_TAIL % hashlib.sha256(head.encode()).hexdigest()).encode()


def read(data: bytes) -> dict[str, Any]:
    """The fields of a document, the digest not yet proven. Raises Corrupt where the bytes are no JSON object."""
    if len(data) > LIMIT:
        raise Corrupt(f"it has more than {LIMIT} bytes")
    try:
        fields = json.loads(data.decode(), parse_constant=_refuse, parse_float=_refuse)
    except (ValueError, RecursionError) as error:
        raise Corrupt(f"it is cut short or damaged, no JSON: {error}") from error
    if not isinstance(fields, dict):
        raise Corrupt("it is no JSON object")
    return fields


def prove(data: bytes, fields: dict[str, Any]) -> None:
    """Raises Corrupt unless `data` is the one way to write `fields`, digest included."""
    proven = {name: value for name, value in fields.items() if name not in ("digest", "signature")}
    try:
        expected = write(proven)
    except (ValueError, RecursionError) as error:  # ValueError: half of a surrogate pair is no character
        raise Corrupt(f"it holds what no document holds: {error}") from error
    if expected != data:
        raise Corrupt("it was changed: digest or layout are not those of its content")


def _lines(value: Any) -> str:
    """A member of the first level: its own members one per line."""
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join(f"{_text(name)}: {_text(item)}" for name, item in value.items()) + "\n}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(map(_text, value)) + "\n]"
    return _text(value)


def _text(value: Any) -> str:
    return _JSON.encode(value)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of a document")
