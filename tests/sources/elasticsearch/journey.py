"""The whole way of one target of a running server, through real workers; a process of its own, whose application belongs to its settings.

`python -m tests.sources.elasticsearch.journey SERVER WORD ROOT`: back up, delete the indices, restore, print counts; then hurt the
repository and back up again, print how that ended, what people were told, and how far the server's own work was seen to go.
"""

import json
import sys
from pathlib import Path

from compose.local.elasticsearch import BACKUP, Elasticsearch
from tests.single import Platform, Wish, running
from tests.sources.elasticsearch.hands import blob, flip


def counts(server: Elasticsearch, word: str) -> dict[str, int]:
    with server.client() as client:
        client.indices.refresh(index=f"{word}-*")
        return {name: client.count(index=name)["count"] for name in sorted(client.indices.get(index=f"{word}-*"))}


def failure(here: Platform) -> str:
    """Why a backup that cannot be made was not made."""
    try:
        return here.backup()
    except RuntimeError as error:
        return str(error)


def main(folder: str, word: str, root: str) -> None:
    server = Elasticsearch(Path(folder), tls=True, detached=True)
    options = {"url": server.url, "user": BACKUP, "ca_file": str(server.ca), "repository": word, "indices": [f"{word}-*"]}
    options["folder"] = str(server.repo / word)
    with running(Path(root), Wish(server, "posts", "elasticsearch", "search", server.password, options)) as here:
        before, backup = counts(server, word), here.backup()
        with server.client() as client:
            client.indices.delete(index=list(before))
        here.restore()
        after, seen = counts(server, word), [entry.note("server") for entry in here.app.tools.ledger.runs(20)]
        flip(blob(server.repo / word / "snapshots"))
        found = {"backup": backup, "before": before, "after": after, "seen": seen, "fault": failure(here), "newest": here.newest.id}
        found["alerts"] = here.alerts()
        with server.client() as client:
            found["snapshots"] = len(client.snapshot.get(repository=word, snapshot="*")["snapshots"])
        left = [str(path) for path in (Path(root) / "spool").rglob("*") if path.is_file() and path.parent.name != "spool"]
        print(json.dumps(found | {"left": left}))


if __name__ == "__main__":
    main(*sys.argv[1:])
