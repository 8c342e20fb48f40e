"""What the settings say about each kind of store, beside what all stores share. Floor: tools."""

import re
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from workers.artifact import Kind
from workers.plans import Table
from workers.plans.values import Folder
from workers.stores import keys

# Classes that can be read at once. What lies in GLACIER or DEEP_ARCHIVE must be thawed for hours first: nothing there can be drilled.
StorageClass = Literal["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"]
CHARGED = ("STANDARD_IA", "ONEZONE_IA", "GLACIER_IR")  # a read costs by the byte: AWS, Amazon S3 pricing, data retrieval
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")  # AWS, general purpose bucket naming rules
_REGION = re.compile(r"[a-z0-9-]{1,63}")


class LocalOptions(Table):
    """A folder: a disk of the host, or a share that every host mounts at the same place."""

    path: Folder = Field(description="Folder that holds the backups; it must exist on every host.", examples=["/mnt/nas/canvasback"])


class StorageClasses(Table):
    """How the segments of each kind of backup are kept and charged; manifests and indexes are always STANDARD."""

    full: StorageClass = Field(default="STANDARD", description="Class of full backups.", examples=["GLACIER_IR"])
    incremental: StorageClass = Field(default="STANDARD", description="Class of incremental backups.", examples=["STANDARD_IA"])
    differential: StorageClass = Field(default="STANDARD", description="Class of differential backups.", examples=["STANDARD_IA"])
    log: StorageClass = Field(default="STANDARD", description="Class of logs, which are small and short-lived.", examples=["STANDARD"])

    def of(self, kind: Kind) -> str:
        """The class of one kind."""
        return str(getattr(self, kind))

    @property
    def costly(self) -> frozenset[Kind]:
        """The kinds that cost to read."""
        return frozenset(kind for kind in Kind if self.of(kind) in CHARGED)


class S3Options(Table):
    """A bucket of Amazon S3, or of another service that speaks its language.

    Logs in with the secrets `stores_<name>_access_key_id` and `stores_<name>_secret_access_key`; without them, as boto3 finds its way.
    """

    bucket: str = Field(description="The bucket; it must exist.", examples=["community-backups"])
    prefix: str = Field(default="", description="What all keys begin with; others may share the bucket.", examples=["prod"])
    region: str | None = Field(
        default=None, description="The bucket's region; left out: what boto3 finds, else us-east-1.", examples=["ap-northeast-2"]
    )
    endpoint_url: str | None = Field(
        default=None, description="Another service than Amazon's; its scheme, host and port.", examples=["https://s3.internal:8333"]
    )
    ca_file: Folder | None = Field(
        default=None,
        description="Who signed the endpoint's certificate; left out: the authorities that boto3 trusts.",
        examples=["/etc/canvasback/tls/ca.crt"],
    )
    addressing: Literal["path", "virtual"] | None = Field(
        default=None,
        description="Whether the bucket stands in the path or in the host's name; left out: `path` with an `endpoint_url`, else `virtual`.",
        examples=["path"],
    )
    storage_class: StorageClasses = Field(default=StorageClasses(), description="How segments are kept and charged.")

    @field_validator("bucket")
    @classmethod
    def _is_bucket(cls, value: str) -> str:
        if not _BUCKET.fullmatch(value) or ".." in value:
            raise ValueError('not the name of a bucket: 3 to 63 of a-z, 0-9, "-" and ".", a letter or digit at both ends')
        return value

    @field_validator("prefix")
    @classmethod
    def _is_prefix(cls, value: str) -> str:
        if value and (fault := keys.fault(value)):
            raise ValueError(f'not a prefix: {fault}; write it like "prod" or "prod/eu", without "/" at its ends')
        return value

    @field_validator("region")
    @classmethod
    def _is_region(cls, value: str | None) -> str | None:
        if value is not None and not _REGION.fullmatch(value):
            raise ValueError('not a region: write one such as "ap-northeast-2"')
        return value

    @field_validator("endpoint_url")
    @classmethod
    def _is_endpoint(cls, value: str | None) -> str | None:
        if value is None:
            return value
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError as error:
            raise ValueError("not an address: write https://host or https://host:port") from error
        if "@" in parts.netloc:
            raise ValueError("holds an account; put it into the secrets stores_<name>_access_key_id and stores_<name>_secret_access_key")
        bare = value.rstrip("/") == f"{parts.scheme}://{parts.netloc}"
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or not bare:
            raise ValueError("not the address of a service: write https://host or https://host:port, without a path or bucket")
        return value

    @model_validator(mode="after")
    def _tls(self) -> Self:
        if self.ca_file and (self.endpoint_url or "").startswith("http://"):
            raise ValueError("has a ca_file, and an endpoint_url without TLS; write https://")
        return self

    @property
    def style(self) -> Literal["path", "virtual"]:
        """Where the bucket stands: in the `path`, or in the host's name (`virtual`)."""
        return self.addressing or ("path" if self.endpoint_url else "virtual")

    @property
    def service(self) -> str:
        """The URL of the service: of the endpoint, else of Amazon's in the region."""
        return (self.endpoint_url or f"https://s3.{f'{self.region}.' if self.region else ''}amazonaws.com").rstrip("/")

    @property
    def endpoint(self) -> str:
        """Where the bucket is, as people are told."""
        return self.endpoint_url or "Amazon S3"
