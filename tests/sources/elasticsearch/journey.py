"""The whole way of one target of a running server, through real workers; a process of its own, whose application belongs to its settings.

`python -m tests.sources.elasticsearch.journey SERVER WORD ROOT`: back up, delete the indices, restore, and print counts.
"""

import json
import sys
from pathlib import Path

from compose.local.elasticsearch import BACKUP, Elasticsearch
from tests.single import Wish, running


def counts(server: Elasticsearch, word: str) -> dict[str, int]:
    with server.client() as client:
        client.indices.refresh(index=f"{word}-*")
        return {name: client.count(index=name)["count"] for name in sorted(client.indices.get(index=f"{word}-*"))}


def main(folder: str, word: str, root: str) -> None:
    server = Elasticsearch(Path(folder), tls=True, detached=True)
    options = {"url": server.url, "user": BACKUP, "ca_file": str(server.ca), "repository": word, "indices": [f"{word}-*"]}
    options["folder"] = str(server.repo / word)
    with running(Path(root), Wish(server, "posts", "elasticsearch", "search", server.password, options)) as here:
        before, backup = counts(server, word), here.backup()
        with server.client() as client:
            client.indices.delete(index=list(before))
        here.restore()
        left = [str(path) for path in (Path(root) / "spool").rglob("*") if path.is_file() and path.parent.name != "spool"]
        print(json.dumps({"backup": backup, "before": before, "after": counts(server, word), "left": left}))


if __name__ == "__main__":
    main(*sys.argv[1:])
