"""Makes a repository's password cheap to try: restic makes each try cost a quarter of a second, and tests try hundreds of times.

The key is taken out of its file and put into another one, as restic's design says it lies there (docs, "Keys, Encryption and MAC").
"""

import base64
import hashlib
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

COST = 1024  # scrypt's N; restic chose 32768


def cheapen(repository: Path, word: str) -> None:
    """Replace the one key file of a repository by one of the same key and password that is quick to open."""
    (file,) = (repository / "keys").iterdir()
    name, text = cheap(file.read_bytes(), word)
    file.unlink()
    (repository / "keys" / name).write_bytes(text)


def cheap(key: bytes, word: str) -> tuple[str, bytes]:
    """Name and text of such a file for a key file's text."""
    found = json.loads(key)
    plain = _opened(_derived(found, word), base64.b64decode(found["data"]))
    found |= {"N": COST, "p": 1, "salt": base64.b64encode(os.urandom(64)).decode()}
    found["data"] = base64.b64encode(_closed(_derived(found, word), plain)).decode()
    text = json.dumps(found).encode()
    return hashlib.sha256(text).hexdigest(), text


def _derived(key: dict[str, object], word: str) -> bytes:
    cost, width, at_once = (int(str(key[name])) for name in ("N", "r", "p"))
    salt = base64.b64decode(str(key["salt"]))
    return hashlib.scrypt(word.encode(), salt=salt, n=cost, r=width, p=at_once, dklen=64, maxmem=1 << 27)


def _stream(key: bytes, start: bytes, data: bytes) -> bytes:
    return Cipher(algorithms.AES(key[:32]), modes.CTR(start)).encryptor().update(data)


def _tag(key: bytes, start: bytes, data: bytes) -> bytes:
    pad = Cipher(algorithms.AES(key[32:48]), modes.ECB()).encryptor().update(start)  # noqa: S305  # one block: Poly1305-AES is made so
    return Poly1305.generate_tag(key[48:64] + pad, data)


def _opened(key: bytes, data: bytes) -> bytes:
    start, body, tag = data[:16], data[16:-16], data[-16:]
    assert _tag(key, start, body) == tag
    return _stream(key, start, body)


def _closed(key: bytes, plain: bytes) -> bytes:
    start = os.urandom(16)
    body = _stream(key, start, plain)
    return start + body + _tag(key, start, body)
