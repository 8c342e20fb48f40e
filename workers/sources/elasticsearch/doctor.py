"""Everything that a backup of one cluster needs, looked at without changing anything. Floor: tools."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from workers.errors import Failure
from workers.ports import Finding
from workers.sources.elasticsearch.bucket import MODULE
from workers.sources.elasticsearch.dump import healthy
from workers.sources.elasticsearch.faults import failure
from workers.sources.elasticsearch.options import ElasticsearchOptions
from workers.sources.elasticsearch.place import room
from workers.sources.elasticsearch.repository import ours, registered, rival, writable
from workers.sources.elasticsearch.session import Server
from workers.sources.elasticsearch.state import Cluster, indices, look

Look: TypeAlias = Callable[[Server, Elasticsearch, Cluster], Iterator[Finding]]

OLDEST = (8, 0)  # nothing older was tried
CLUSTER_RIGHTS = ("monitor", "cluster:admin/repository/*", "cluster:admin/snapshot/*")
INDEX_RIGHTS = ("monitor", "maintenance", "view_index_metadata", "manage")


def examine(server: Server) -> tuple[Finding, ...]:
    """All findings; those after a failed login are left out, for nobody could know them."""
    try:
        with server.session("looking") as client:
            cluster = look(client)
            return tuple(finding for asked in _LOOKS for finding in _safely(asked, server, client, cluster))
    except Failure as error:
        return (Finding(False, "login", error.reason, "see `url`, `user`, `ca_file` in the settings and the target's secret"),)


def _safely(asked: Look, server: Server, client: Elasticsearch, cluster: Cluster) -> Iterator[Finding]:
    title = asked.__name__.strip("_").replace("_", " ")
    try:
        yield from asked(server, client, cluster)
    except (ApiError, TransportError) as error:
        yield Finding(False, title, failure(error, server.options, "looking").reason)
    except Failure as error:
        yield Finding(False, title, error.reason)


def _login(server: Server, client: Elasticsearch, cluster: Cluster) -> Iterator[Finding]:
    options = server.options
    yield Finding(True, "login", f"{options.user or ('an API key' if options.api_key else 'nobody')} on {options.address}")
    fine = cluster.release >= OLDEST
    yield Finding(
        fine, "server", f"Elasticsearch {cluster.version}, cluster {cluster.uuid}", "" if fine else "needs Elasticsearch 8 or later"
    )
    parts = urlsplit(options.address)
    open_wire = parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1") and not options.nopass
    if open_wire:
        yield Finding(False, "wire", "the secret goes over the wire in the clear", "write the url with https://, and name ca_file")


def _rights(server: Server, client: Elasticsearch, cluster: Cluster) -> Iterator[Finding]:
    if server.options.nopass:
        return
    asked = [{"names": ["*"], "privileges": list(INDEX_RIGHTS)}]
    said = client.security.has_privileges(cluster=list(CLUSTER_RIGHTS), index=asked).body
    missing = [right for right, given in said["cluster"].items() if not given]
    missing += [f"{right} on {name}" for name, rights in said["index"].items() for right, given in rights.items() if not given]
    remedy = "give the user the role of the guide to Elasticsearch" if missing else ""
    yield Finding(not missing, "rights", f"missing: {', '.join(missing)}" if missing else "all that backup and restore need", remedy)


def _health(server: Server, client: Elasticsearch, cluster: Cluster) -> Iterator[Finding]:
    healthy(client, server.options.indices)
    found = indices(client, server.options.indices)
    documents = sum(index.documents for index in found.values())
    remedy = "" if found else "see `indices` in the settings: patterns name open indices that are not hidden"
    yield Finding(bool(found), "indices", f"{len(found)} open, {documents} documents, none red", remedy)


def _bucket(server: Server, client: Elasticsearch, cluster: Cluster) -> Iterator[Finding]:
    if not (options := server.options).bucket:
        return
    nodes = client.nodes.info(metric=["plugins"])["nodes"].values()
    lacking = sorted(str(node["name"]) for node in nodes if MODULE not in {module["name"] for module in node.get("modules", [])})
    remedy = "run the default distribution of Elasticsearch, or leave `bucket` out" if lacking else ""
    found = f"{', '.join(lacking)} cannot use buckets: no module {MODULE}" if lacking else f"{options.bucket}/{options.base_path}"
    yield Finding(not lacking, "bucket", found, remedy)


def _folder(server: Server, client: Elasticsearch, cluster: Cluster) -> Iterator[Finding]:
    options = server.options
    if not options.bucket:
        yield _in_path_repo(options, cluster)
    fine = os.access(options.folder, os.R_OK | os.W_OK | os.X_OK)
    remedy = "" if fine else f"make it writable for the cluster's and the worker's user: chgrp and chmod 2770 {options.folder}"
    yield Finding(fine, "folder", f"{options.folder} {'can' if fine else 'cannot'} be read and written by this worker", remedy)


def _in_path_repo(options: ElasticsearchOptions, cluster: Cluster) -> Finding:
    inside = any(options.home.is_relative_to(Path(folder)) for folder in cluster.repositories)
    where = ", ".join(cluster.repositories) or "not set"
    remedy = "" if inside else "put it into path.repo in elasticsearch.yml of every node and restart, or change `folder`"
    return Finding(inside, "path.repo", f"{options.home} is {'' if inside else 'not '}in it ({where})", remedy)


def _repository(server: Server, client: Elasticsearch, cluster: Cluster) -> Iterator[Finding]:
    options, known = server.options, registered(client, server.options.repository)
    if other := rival(client, options):
        remedy = "give every target a `folder` of its own, or unregister the one that is not used"
        yield Finding(False, "repository", f"{other} is registered in the same place as {options.repository}", remedy)
        return
    if known is None:
        yield Finding(True, "repository", f"{options.repository} is not registered; the first backup does that")
        return
    same, free = ours(known, options), writable(known)
    what = "registered" if same and free else "another one" if not same else "registered as read-only"
    remedy = "" if same and free else "give this target's `repository` a name of its own"
    yield Finding(same and free, "repository", f"{options.repository} is {what}", remedy)
    if same and free and options.bucket:
        nodes = client.snapshot.verify_repository(name=options.repository)["nodes"]
        yield Finding(bool(nodes), "nodes", f"{len(nodes)} can write to the bucket and read what another one wrote")


def _disks(server: Server, client: Elasticsearch, cluster: Cluster) -> Iterator[Finding]:
    room(client, server.options, 0)
    yield Finding(True, "disks", "below their low watermark")


_LOOKS: tuple[Look, ...] = (_login, _rights, _health, _bucket, _folder, _repository, _disks)
