"""The table of the broker: where its Redis is, and how both sides prove who they are. Floor: words."""

from typing import Self
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, field_validator, model_validator

from workers.errors import Refused
from workers.plans import Table
from workers.plans.values import Folder
from workers.settings import secrets

_TLS = {"ssl_ca_certs": "ca_file", "ssl_certfile": "cert_file", "ssl_keyfile": "key_file"}


class Broker(Table):
    """The Redis that carries messages, results and the ledger."""

    url: str = Field(
        description="Its address, without user and password: they are the secrets `broker_user` and `broker_password`.",
        examples=["rediss://redis.internal:6379/0"],
    )
    ca_file: Folder | None = Field(
        default=None,
        description="Who signed the certificate of Redis; left out: the authorities that the system trusts.",
        examples=["/etc/canvasback/tls/ca.crt"],
    )
    cert_file: Folder | None = Field(
        default=None, description="This host's own certificate, where Redis asks for one.", examples=["/etc/canvasback/tls/host.crt"]
    )
    key_file: Folder | None = Field(
        default=None, description="The key of that certificate, mode 0600.", examples=["/etc/canvasback/tls/host.key"]
    )

    @field_validator("url")
    @classmethod
    def _redis(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError as error:
            raise ValueError("not an address: write redis://host:6379/0, or rediss:// with TLS") from error
        if "@" in parts.netloc:
            raise ValueError("holds a user or password; put them into the secrets broker_user and broker_password")
        if parts.scheme not in ("redis", "rediss") or not parts.hostname or port == 0:
            raise ValueError("not the address of a Redis: write redis://host:6379/0, or rediss:// with TLS")
        if odd := [key for key in parse_qs(parts.query) if key.startswith("ssl")]:
            raise ValueError(f"holds {odd[0]}; certificates are always proven, their files are broker.ca_file, cert_file and key_file")
        return value

    @model_validator(mode="after")
    def _tls(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together; give both or none")
        if (self.ca_file or self.cert_file) and not self.url.startswith("rediss://"):
            raise ValueError("has files for TLS, and a url without it; write rediss://")
        return self

    def tls(self) -> dict[str, str]:
        """What redis-py, kombu and Celery are told of TLS in the address. Refused where a file is missing, or the key open to others."""
        if not self.url.startswith("rediss://"):
            return {}
        files = {"ssl_ca_certs": self.ca_file, "ssl_certfile": self.cert_file, "ssl_keyfile": self.key_file}
        given = {name: path for name, path in files.items() if path}
        for name, path in given.items():
            if not path.is_file():
                raise Refused(f"{path} is missing (broker.{_TLS[name]})")
        if self.key_file and (fault := secrets.flaw(self.key_file)):
            raise Refused(f"{fault.key}: {fault.text}")
        return {"ssl_cert_reqs": "required", **{name: str(path) for name, path in given.items()}}
