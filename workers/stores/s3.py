"""A bucket as a store: Amazon S3, or a service that speaks its language.

A segment is put whole, with its SHA-256, which the service checks, and only where its key is free: it appears whole or not at all,
and never replaces another. Needs `s3:ListBucket` on the bucket, `s3:PutObject` and `s3:GetObject` on its objects, and
`s3:DeleteObject` where something is removed.
"""

import base64
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from botocore.exceptions import ClientError
from pydantic import SecretStr

from workers.artifact import BACKUP_ID, Form, Kind
from workers.errors import Corrupt, Failure, Permanent, Refused, Transient
from workers.ports import Address, Properties, Stat
from workers.stores.keys import fault, parts
from workers.stores.options import S3Options
from workers.stores.s3_client import Login, client
from workers.stores.s3_faults import Faults, status_of

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

BLOCK = 1 << 20
TAKEN = 412  # status of a put whose key is not free
WORDLESS = (400, 301, 403, 404)  # statuses that an answer to HEAD does not explain


class S3Store:
    """Objects of one bucket below one prefix, named by their keys. Logs in as boto3 finds its way where no pair of secrets is given."""

    def __init__(self, name: str, options: S3Options, key_id: SecretStr | None = None, secret: SecretStr | None = None) -> None:
        """Nothing is asked yet. Refused where only half of the pair is there."""
        if (key_id is None) != (secret is None):
            there, missing = ("access_key_id", "secret_access_key")[:: 1 if key_id else -1]
            raise Refused(f"secret stores_{name}_{there} is there and stores_{name}_{missing} is missing; write both or neither")
        self.name, self._options = name, options
        self.properties = Properties(checks_upload=True, costly=options.storage_class.costly)
        self._login = Login(key_id, secret) if key_id and secret else None
        self._told = Faults(name, options)
        self._prefix = f"{options.prefix}/" if options.prefix else ""

    @property
    def _client(self) -> "S3Client":
        return client(self._options, self._login)

    def put(self, key: str, body: Path | bytes, form: Form, crc: str = "") -> None:
        """See Store. Raises Corrupt where the body is not what `form` says; then nothing appears.

        The service proves the SHA-256. Only where it refuses the body is that read here, to tell whose fault it was.
        """
        parts(key)
        with _opened(body) as file:
            _as_long(file, body, form)
            try:
                with self._told("PutObject", key):
                    self._put(key, file, form)
            except _Taken:
                _prove(file, body, form)
                self._equal(key, form)
            except Failure:
                _prove(file, body, form)
                raise

    def _put(self, key: str, file: BinaryIO, form: Form) -> None:
        checksum = base64.b64encode(bytes.fromhex(form.sha256)).decode()
        extra: dict[str, Any] = self._kept(key)
        try:
            self._client.put_object(
                Bucket=self._options.bucket,
                Key=self._prefix + key,
                Body=file,
                ContentLength=form.bytes,
                ChecksumSHA256=checksum,
                IfNoneMatch="*",
                **extra,
            )
        except ClientError as error:
            if status_of(error) == TAKEN:
                raise _Taken from None
            raise

    def _kept(self, key: str) -> dict[str, str]:
        """The storage class of a segment, where it is not the usual one."""
        kept = self._options.storage_class.of(kind) if (kind := kind_of(key)) else "STANDARD"
        return {} if kept == "STANDARD" else {"StorageClass": kept}

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """See Store. Raises Transient where the answer breaks off before its end."""
        parts(key)
        with self._told("GetObject", key):
            answer = self._client.get_object(Bucket=self._options.bucket, Key=self._prefix + key)
        with io.BufferedReader(_Reader(answer["Body"], self._told("GetObject", key)), BLOCK) as reader:
            yield cast(BinaryIO, reader)

    def stat(self, key: str) -> Stat | None:
        """See Store. The SHA-256 is the one that the service checked."""
        parts(key)
        with self._told("HeadObject", key):
            try:
                found = self._client.head_object(Bucket=self._options.bucket, Key=self._prefix + key, ChecksumMode="ENABLED")
            except ClientError as error:
                if status_of(error) in WORDLESS:
                    self._first(key)  # asks again in a way that is answered in words, where bucket, login or right is wrong
                if status_of(error) == 404:
                    return None
                raise
        return Stat(key, found["ContentLength"], _hex(found.get("ChecksumSHA256")))

    def list(self, prefix: str) -> Iterator[Stat]:
        """See Store. Keys that are none of ours are passed over. All are read before the first is told: not every service orders them."""
        found = []
        with self._told("ListObjectsV2", prefix):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._options.bucket, Prefix=self._prefix + prefix):
                for row in page.get("Contents", ()):
                    key = row["Key"].removeprefix(self._prefix)
                    if fault(key) is None:
                        found.append(Stat(key, row["Size"], version=_version(row)))
        yield from sorted(found, key=attrgetter("key"))

    def remove(self, key: str) -> None:
        """See Store."""
        parts(key)
        with self._told("DeleteObject", key):
            self._client.delete_object(Bucket=self._options.bucket, Key=self._prefix + key)

    def free(self) -> int | None:
        """Nobody knows; the bucket is asked all the same, so that one that is away or closed is told."""
        self._first("")
        return None

    def sweep(self, older: timedelta) -> int:
        """See Store. Objects are put whole, so nothing is ever left."""
        return 0

    def address(self, folder: str) -> Address:
        """See Store."""
        parts(folder)
        options, login = self._options, self._login
        return Address(
            self.name,
            "s3",
            f"{options.service}/{options.bucket}/{self._prefix}{folder}",
            login=(login.key_id, login.secret) if login else None,
            region=options.region or "",
            addressing=options.style,
            ca_file=options.ca_file,
            storage_class=options.storage_class.full,
        )

    def _first(self, prefix: str) -> None:
        with self._told("ListObjectsV2", prefix):
            self._client.list_objects_v2(Bucket=self._options.bucket, Prefix=self._prefix + prefix, MaxKeys=1)

    def _equal(self, key: str, form: Form) -> None:
        """Raises Permanent unless the object that is there already has this form, Transient where it went away meanwhile."""
        found = self.stat(key)
        if found is None:
            raise Transient(f"store {self.name}: {key} was taken, and is gone now")
        if found.bytes == form.bytes and (found.sha256 or self._digest(key)) == form.sha256:
            return
        raise Permanent(f"store {self.name} holds another object under {key}; nothing that is stored is replaced")

    def _digest(self, key: str) -> str:
        """The SHA-256 of an object that the service vouches nothing for: somebody copied it there."""
        digest = hashlib.sha256()
        with self.open(key) as source:
            while block := source.read(BLOCK):
                digest.update(block)
        return digest.hexdigest()


class _Taken(Exception):
    """The key is not free."""


class _Blocks(Protocol):
    """What boto3 gives as the body of an answer."""

    def read(self, amt: int) -> bytes:
        """The next bytes; none at the end, which is proven against the length that was announced."""

    def close(self) -> None:
        """Give the connection back, or end it where bytes are left."""


class _Reader(io.RawIOBase):
    """The body of an answer, read inside `told`, which turns the errors of boto3 into the house's."""

    def __init__(self, body: _Blocks, told: Any) -> None:
        self._body, self._told = body, told

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; 0 at the end."""
        with self._told:
            block = self._body.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        """Give the connection back."""
        self._body.close()
        super().close()


def kind_of(key: str) -> Kind | None:
    """The kind of backup that a segment belongs to; None for manifests, segments of an index, and everything else."""
    *_, backup, folder, file = ("", "", *key.split("/"))
    held = folder == "segments" and file.split(".")[1:2] != ["index"]  # the next backup reads it, and every search
    return Kind(backup.split("-")[1]) if held and BACKUP_ID.fullmatch(backup) else None


@contextmanager
def _opened(body: Path | bytes) -> Iterator[BinaryIO]:
    if isinstance(body, bytes):
        yield io.BytesIO(body)
        return
    try:
        file = body.open("rb")
    except OSError as error:
        raise Permanent(f"cannot read {body}: {error.strerror}") from error
    with file:
        yield file


def _as_long(file: BinaryIO, body: Path | bytes, form: Form) -> None:
    """Corrupt unless the file has as many bytes as are announced; afterwards it stands at its beginning."""
    size = file.seek(0, os.SEEK_END)
    if size != form.bytes:
        raise _other(body, form, size)
    file.seek(0)


def _prove(file: BinaryIO, body: Path | bytes, form: Form) -> None:
    """Corrupt unless the file has this form."""
    _as_long(file, body, form)
    if hashlib.file_digest(cast(Any, file), "sha256").hexdigest() != form.sha256:
        raise _other(body, form, form.bytes)


def _other(body: Path | bytes, form: Form, size: int) -> Corrupt:
    what = body if isinstance(body, Path) else "the body"
    return Corrupt(f"{what} is not what was recorded: {size} bytes where {form.bytes} were expected, or other content")


def _version(row: Any) -> str:
    """What changes with the content of an object, and with its being put again; "" where the service tells no ETag."""
    return f"{row['ETag']} {row['LastModified']:%Y-%m-%dT%H:%M:%S.%f%z}" if row.get("ETag") and row.get("LastModified") else ""


def _hex(checksum: str | None) -> str | None:
    """The SHA-256 of a whole object in hex; that of one put in parts, which ends with `-` and their number, says nothing."""
    return None if checksum is None or "-" in checksum else base64.b64decode(checksum).hex()
