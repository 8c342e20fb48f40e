"""Elasticsearch 8.19 on the loopback, one node with passwords on: the packaging archive of Maven Central. Needs a JDK.

It has snapshots, security and aliases; it has no `GET /`, no repositories in S3, no SLM and no reindex, and it cannot delete a data stream.
It will not run as root, so there it runs as nobody, in a folder of its own below /var/tmp that the server's folder names: root's own may
be closed.
"""

import base64
import hashlib
import os
import secrets
import shutil
import signal
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError
from elasticsearch import Elasticsearch as Client

from compose.local import cache, java
from compose.local.authority import Authority
from compose.local.server import Server, free_port

ARCHIVE = java.Archive(
    "org.elasticsearch.distribution.integ-test-zip",
    "elasticsearch",
    "8.19.0",
    "14833b2d86c30656901f92049f81fb5777a8e4545413c8656cd1a21b55173033",  # its published SHA-512 was compared, too
)
NOBODY = 65534
OPEN = Path("/var/tmp")  # noqa: S108  # a folder below it, made by mkdtemp
ADMIN, BACKUP = "admin", "canvasback"  # accounts: one may do everything, one what backup and restore need
# What the guide to Elasticsearch gives the backup's account, and a test compares.
ROLE = """canvasback:
  cluster: ["monitor", "cluster:admin/repository/*", "cluster:admin/snapshot/*"]
  indices:
    - names: ["*"]
      privileges: ["monitor", "maintenance", "view_index_metadata", "manage"]
"""
ROUNDS = 1000  # of PBKDF2, asked for by each request; the password is made at random

SETTINGS = """
cluster.name: {cluster}
node.name: search-1
discovery.type: single-node
network.host: 127.0.0.1
http.port: {port}
transport.port: {inner}
path.data: {place}/data
path.logs: {place}/logs
path.repo: ["{place}/repo"]
cluster.routing.allocation.disk.threshold_enabled: false
xpack.security.autoconfiguration.enabled: false
xpack.security.enabled: true
xpack.security.transport.ssl.enabled: false
xpack.security.http.ssl.enabled: {tls}
"""
# A small heap, and a compiler that is quick to start rather than quick in the long run.
JVM = """-Xms512m
-Xmx512m
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-XX:ErrorFile={place}/logs/hs_err_pid%p.log
-Djava.io.tmpdir=${{ES_TMPDIR}}
"""
TLS = """xpack.security.http.ssl.key: http.key
xpack.security.http.ssl.certificate: http.crt
"""


def program() -> Path:
    """The folder of the unpacked archive, fetched once into the cache. Raises java.NoJava where this machine has no JDK."""
    java.home()
    place = cache.kept(f"elasticsearch/{ARCHIVE.version}", lambda fresh: java.unpacked(ARCHIVE, fresh))
    return place / f"elasticsearch-{ARCHIVE.version}"


class Elasticsearch(Server):
    """One node on the loopback."""

    name = "elasticsearch"
    patience = 150.0  # 16 s where nothing else runs, a minute seen where seven others shared two cores

    def __init__(self, folder: Path, *, port: int | None = None, detached: bool = False, tls: bool = False) -> None:
        """With `tls` it speaks nothing else, by a certificate that `ca` signed."""
        super().__init__(folder, port=port, detached=detached)
        self.tls = tls

    @property
    def ca(self) -> Path:
        """Who signed its certificate; made anew at each start."""
        return self.folder / "tls" / "ca.crt"

    @property
    def place(self) -> Path:
        """Where its data lie: its folder, or where root started it, the folder that is named there."""
        note = self.folder / "place"
        return Path(note.read_text()) if note.exists() else self.folder

    @property
    def repo(self) -> Path:
        """The only folder in which a repository of files may lie (its `path.repo`)."""
        return self.place / "repo"

    @property
    def url(self) -> str:
        """Its address, without any account."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its address, the account, and where repositories may lie; the password is in the file `password`."""
        return (f"ELASTICSEARCH_URL={self.url}", f"ELASTICSEARCH_USER={ADMIN}", f"ELASTICSEARCH_REPO={self.repo}")

    @property
    def password(self) -> str:
        """The password of both accounts."""
        return (self.folder / "password").read_text()

    @property
    def _cluster(self) -> str:
        """A name that no other server has."""
        return f"canvasback-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]}"

    def prepare(self) -> None:
        """Make its settings, accounts and folders; data that are there stay."""
        if not (self.folder / "password").exists():
            self._make(program())
        text = SETTINGS.format(cluster=self._cluster, port=self.port, inner=free_port(), place=self.place, tls=str(self.tls).lower())
        config = self.place / "config"
        if self.tls:
            pair = Authority(self.folder / "tls").issue("http")
            shutil.copyfile(pair.cert, config / "http.crt")
            shutil.copyfile(pair.key, config / "http.key")
            text += TLS
        (config / "elasticsearch.yml").write_text(text)
        (config / "jvm.options").write_text(JVM.format(place=self.place))
        (config / "roles.yml").write_text(ROLE)
        self._accounts({ADMIN: "superuser", BACKUP: "canvasback"})

    def _make(self, home: Path) -> None:
        """Its folders, its programs where nobody can reach them, and its password."""
        if os.geteuid() == 0:
            (self.folder / "place").write_text(tempfile.mkdtemp(prefix="canvasback-elasticsearch-", dir=OPEN))
            shutil.copytree(home, self.place / "home", copy_function=_linked)
        shutil.copytree(home / "config", self.place / "config")
        for name in ("data", "logs", "repo", "tmp"):
            (self.place / name).mkdir(exist_ok=True)
        (self.folder / "password").touch(mode=0o600)
        (self.folder / "password").write_text(secrets.token_urlsafe(18))

    def _accounts(self, roles: dict[str, str]) -> None:
        """Write the accounts of the file realm, each with its role and all with one password; then all files are nobody's."""
        word = _hashed(self.password)
        for name, lines in {
            "users": [f"{user}:{word}" for user in roles],
            "users_roles": [f"{role}:{user}" for user, role in roles.items()],
        }.items():
            file = self.place / "config" / name
            file.touch(mode=0o600)
            file.write_text("".join(f"{line}\n" for line in lines))
        if os.geteuid() == 0:
            for path in (self.place, *(path for path in self.place.rglob("*") if self._home not in path.parents)):
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    @property
    def _home(self) -> Path:
        """Where its programs are."""
        own = self.place / "home"
        return own if own.exists() else program()

    def argv(self) -> list[str]:
        """The command line; as root, it begins with becoming nobody."""
        start = str(self._home / "bin" / "elasticsearch")
        if os.geteuid() != 0:
            return [start]
        who = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        end = [] if self.detached else ["--pdeathsig=KILL"]  # becoming another user takes back what was asked for before
        return ["setpriv", *who, *end, start]

    def environment(self) -> dict[str, str]:
        """Settings and temporary files in its own folder."""
        return {"ES_JAVA_HOME": str(java.home()), "ES_PATH_CONF": str(self.place / "config"), "ES_TMPDIR": str(self.place / "tmp")}

    def client(self, **login: Any) -> "Client":
        """A client that may do everything; another account, where one is given."""
        login = login or {"basic_auth": (ADMIN, self.password)}
        context = ssl.create_default_context(cafile=self.ca) if self.tls else None
        return Client(self.url, ssl_context=context, request_timeout=30, max_retries=0, **login)

    def ready(self) -> bool:
        """Whether this very server answers, and may be written to."""
        try:
            with self.client() as client:
                health = client.cluster.health(wait_for_status="yellow", timeout="5s")
                return bool(health["cluster_name"] == self._cluster and not health["timed_out"])
        except (TransportError, ApiError, FileNotFoundError):
            return False

    def discard(self) -> None:
        """Stop it and remove all that it had."""
        self.stop()
        for place in (self.place, self.folder):
            shutil.rmtree(place, ignore_errors=True)

    def kill(self) -> None:
        """End it at once, its inner process, too, which is the server proper."""
        inner = list(_below(self.pid)) if self.pid else []
        super().kill()
        for pid in inner:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _linked(source: str, target: str) -> None:
    """A file of the archive once more, without its bytes where the file system can do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _below(pid: int) -> Iterator[int]:
    """The processes that a process started, and those that these did."""
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, tasks.read_text().split()):
            yield child
            yield from _below(child)


def _hashed(password: str) -> str:
    """A password as the file realm keeps it (PBKDF2 with SHA-512; Elasticsearch's `Hasher`)."""
    salt = os.urandom(32)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS, 32)
    return f"{{PBKDF2}}{ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"
