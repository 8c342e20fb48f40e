"""Encryption to age recipients (X25519): whoever makes backups cannot read them back.

age authenticates its header and every 64 KiB of the body, and marks the last piece, so that damage, a cut and
an appended byte are all found. Its output is never twice the same.
"""

from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar

import pyrage
from pydantic import SecretStr

from workers.errors import Corrupt, Permanent, Refused

T = TypeVar("T")


class Age:
    """Encodes to `recipients` (`age1…`), decodes with `identities`, the text of an identity file (`AGE-SECRET-KEY-1…` lines)."""

    suffix = ".age"

    def __init__(self, recipients: tuple[str, ...] = (), identities: SecretStr | None = None) -> None:
        self._recipients = [_recipient(text) for text in recipients]
        self._identities = _identities(identities) if identities else []

    def encode(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Encrypt to all recipients. Raises Permanent where there are none."""
        if not self._recipients:
            raise Permanent("nothing can be encrypted without a recipient")
        _run(pyrage.encrypt_io, source, sink, self._recipients)

    def decode(self, source: BinaryIO, sink: BinaryIO) -> None:
        """Decrypt. Raises Permanent where no identity fits, Corrupt where the stream is damaged, cut or followed by other bytes."""
        if not self._identities:
            raise Permanent("the backup is encrypted with age, and no identity was given to open it")
        _run(pyrage.decrypt_io, source, sink, self._identities)


class _Stream:
    """One end of pyrage's work. pyrage loses the errors of files; this remembers the first one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: BaseException | None = None

    def read(self, count: int = -1) -> bytes:
        return self._guard(lambda: self._file.read(count))

    def write(self, data: bytes) -> int:
        return self._guard(lambda: self._file.write(data))

    def flush(self) -> None:
        self._guard(self._file.flush)

    def _guard(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except BaseException as error:  # also a time limit or Ctrl-C, which pyrage would turn into an error of its own
            self.error = error
            raise


def _run(work: Callable[[Any, Any, Any], None], source: BinaryIO, sink: BinaryIO, keys: list[Any]) -> None:
    reader, writer = _Stream(source), _Stream(sink)
    try:
        work(reader, writer, keys)
    except (pyrage.DecryptError, pyrage.EncryptError, OSError) as error:
        first = reader.error or writer.error
        if first:
            raise first from None
        raise _told(error) from error


def _told(error: Exception) -> Permanent:
    if str(error) == "No matching keys found":
        return Permanent("no identity given fits this backup: it was encrypted to other recipients (or its first lines are damaged)")
    return Corrupt(f"age stream is damaged or cut short: {error}")


def _recipient(text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise Refused(f"{text!r} is no age recipient ({error}); one looks like age1… and is printed by age-keygen") from error


def _identities(secret: SecretStr) -> list[Any]:
    lines = [line.strip() for line in secret.get_secret_value().splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    try:
        found = [pyrage.x25519.Identity.from_str(key) for key in keys]
    except pyrage.IdentityError:
        raise Refused("the age identity file holds a line that is no AGE-SECRET-KEY-1…") from None  # the cause could quote the key
    if not found:
        raise Refused("the age identity file is empty; it holds lines AGE-SECRET-KEY-1…")
    return found
