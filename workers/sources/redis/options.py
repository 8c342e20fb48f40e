"""What the settings say about one Redis server. Floor: tools."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workers.plans.values import Folder


class RedisOptions(BaseModel):
    """The table `[targets.<name>.redis]` of the settings; the password is a secret and stands elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    socket: Folder | None = Field(None, description="Unix socket of the server; this or `host`.")
    host: str | None = Field(None, description="Name or address of the server; this or `socket`.", min_length=1)
    port: int = Field(6379, description="TCP port, used with `host`.", ge=1, le=65535)
    user: str | None = Field(None, description="User of its access list; left out: the default user.", min_length=1)
    nopass: bool = Field(False, description="Whether the server asks for no password; else it is this target's secret.")
    tls: bool = Field(False, description="Speak TLS with it; its certificate is always proven.")
    ca_file: Folder | None = Field(None, description="Who signed its certificate; left out: the authorities that the system trusts.")
    cert_file: Folder | None = Field(None, description="This host's own certificate, where the server asks for one.")
    key_file: Folder | None = Field(None, description="The key of that certificate, mode 0600.")
    method: Literal["stream", "bgsave", "aof"] = Field(
        "stream",
        description="How it is read: `stream` as a replica would, from any machine and without a second copy on its disk; `bgsave` saves"
        " on this machine and reads the file; `aof` reads the append-only files of Redis 7 on this machine, up to the last write.",
    )
    tools: Folder | None = Field(None, description="Folder of redis-server and redis-check-rdb; PATH where it is left out.")
    scratch: Folder = Field(
        Path("/var/tmp/canvasback-redis"),  # noqa: S108  # its own folder, mode 0700, of the worker's user alone
        description="Folder of scratch servers and of files that were restored under a name; needs room for the whole RDB.",
    )
    prove: Literal["crc", "check", "load"] = Field(
        "check",
        description="How an RDB is proven while it is read: by its CRC and structure; by redis-check-rdb, too, where that program is;"
        " or by loading it into a scratch server, too, which costs its size in memory and disk.",
    )
    restore: Literal["replica", "files"] = Field(
        "replica",
        description="How it is restored: `replica` without a stop, read-only meanwhile; `files` stops it, puts files into its folder,"
        " starts it (needs `stop`, `start` and `folder`).",
    )
    stop: list[str] = Field(default_factory=list, description="Program and arguments that stop it, for example systemctl stop redis.")
    start: list[str] = Field(default_factory=list, description="Program and arguments that start it again.")
    folder: Folder | None = Field(None, description="The server's `dir`, where it is restored by files.")
    rdb_name: str = Field("dump.rdb", description="The server's `dbfilename`, where it is restored by files.", min_length=1)
    aof_name: str = Field("appendonly.aof", description="The server's `appendfilename`, likewise.", min_length=1)
    aof_folder: str = Field("appendonlydir", description="The server's `appenddirname`, likewise.", min_length=1)
    with_replicas: bool = Field(False, description="Restore into a server even while replicas follow it; they get the restored data, too.")
    in_cluster: bool = Field(False, description="Restore into a node of a cluster; its slots have to be those of the backup.")

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.socket is None) == (self.host is None):
            raise ValueError("give exactly one of socket and host")
        return self

    @model_validator(mode="after")
    def _tls(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together; give both or none")
        if (self.ca_file or self.cert_file) and not self.tls:
            raise ValueError("has files for TLS, and no TLS; set tls = true")
        if self.tls and self.socket:
            raise ValueError("a Unix socket has no TLS; leave tls out")
        return self

    @model_validator(mode="after")
    def _can_be_stopped(self) -> Self:
        if self.restore == "files" and not (self.stop and self.start and self.folder):
            raise ValueError('restore = "files" needs stop, start and folder')
        return self

    @property
    def address(self) -> str:
        """Where the server is, for people: the socket's path, or host:port."""
        return str(self.socket) if self.socket is not None else f"{self.host}:{self.port}"
