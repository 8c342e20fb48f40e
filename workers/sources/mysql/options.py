"""What the settings say about one MySQL or MariaDB database. Floor: tools."""

import ipaddress
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from workers.sources.mysql.reserved import PREFIX, is_reserved


class MysqlOptions(BaseModel):
    """The table `[targets.<name>.mysql]` of the settings; the password is a secret and stands elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    socket: Path | None = Field(None, description="Unix socket of the server; this or `host`.")
    host: str | None = Field(None, description="Name or address of the server; this or `socket`.", min_length=1)
    port: int = Field(3306, description="TCP port, used with `host`.", ge=1, le=65535)
    user: str = Field(description="Account that reads (and, in a restore, writes) the database.", min_length=1)
    databases: list[str] = Field(description="The database of this target; exactly one.")
    duplicates: list[str] = Field(default_factory=list, description="Columns (`table.column`) that a drill checks for duplicates.")
    tools: Path | None = Field(None, description="Folder of the client programs (mysqldump, mysql); PATH where it is left out.")
    tls: bool | None = Field(None, description="Encrypt the connection; left out: yes for a remote host, no for a socket or loopback.")
    lock_wait: int = Field(
        60, ge=1, le=3600, description="Seconds that a dump waits for long statements, and tries to stop commits, before it gives up."
    )
    other_engines: Literal["lock", "refuse"] = Field(
        "lock",
        description="Tables without a snapshot (MyISAM, Aria, MEMORY, CSV, ARCHIVE): `lock` them against writing from the moment of the"
        " snapshot until they are read, or `refuse` the database.",
    )
    accounts: bool = Field(True, description="Carry accounts and their grants in each full backup.")
    mode: Literal["logical", "physical"] = Field("logical", description="What a full is: SQL of the database, or the whole server's files.")

    @field_validator("databases")
    @classmethod
    def _one_database(cls, value: list[str]) -> list[str]:
        if len(value) != 1 or not value[0]:
            raise ValueError(f"names {len(value)} databases, a target holds exactly one; make one target for each")
        if is_reserved(value[0]):
            raise ValueError(f"{value[0]!r} begins with {PREFIX}, which is kept for trials of backups; rename the database")
        return value

    @field_validator("duplicates")
    @classmethod
    def _table_and_column(cls, value: list[str]) -> list[str]:
        if odd := [entry for entry in value if len([part for part in entry.split(".") if part]) != 2]:
            raise ValueError(f"{odd[0]!r} is not of the form table.column")
        return value

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.socket is None) == (self.host is None):
            raise ValueError("give exactly one of socket and host")
        return self

    @property
    def database(self) -> str:
        """The database of this target."""
        return self.databases[0]

    @property
    def address(self) -> str:
        """Where the server is, for messages: the socket's path, or host:port."""
        return str(self.socket) if self.socket is not None else f"{self.host}:{self.port}"

    @property
    def encrypted(self) -> bool:
        """Whether connections use TLS: what `tls` says, else whether the server is on another machine.

        On one machine TLS protects nothing and costs 1 CPU second per 1.7 GB.
        """
        return self.tls if self.tls is not None else not (self.socket is not None or _is_loopback(str(self.host)))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
