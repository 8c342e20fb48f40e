"""What the pages say is what is run: the role, the settings, and the way back by hand."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

from compose.local.elasticsearch import ROLE
from tests.sources.elasticsearch.hands import Site, take
from workers.artifact import Role
from workers.sources.elasticsearch.options import ElasticsearchOptions

GUIDE, PAGE = Path("docs/guides/elasticsearch.md").read_text(), Path("docs/reference/elasticsearch.md").read_text()


def block(page: str, language: str, holds: str = "") -> str:
    return next(text for text in re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL) if holds in text)


def test_the_role_of_the_guide_is_the_one_that_all_tests_run_with():
    assert block(GUIDE, "yaml", "cluster:") == ROLE


def test_the_settings_of_the_guide_are_valid():
    found = tomllib.loads(block(GUIDE, "toml", "[targets.posts]"))["targets"]["posts"]["elasticsearch"]
    assert ElasticsearchOptions.model_validate(found).indices == ["posts*", "users"]
    found = tomllib.loads(block(GUIDE, "toml", "bucket"))["targets"]["archive"]["elasticsearch"]
    assert ElasticsearchOptions.model_validate(found).kind == "s3"


def test_a_stranger_makes_the_repository_again_by_the_page_alone(at: Site, plain):
    at.fill("posts", 2000)
    at.client.indices.forcemerge(index=at.name("posts"), max_num_segments=1)
    taken = take(at.source(), plain)
    by_hand = at.folder / "by_hand"
    by_hand.mkdir()
    segments = " ".join(str(path) for _, path in taken.of(Role.DATA, Role.POST_DATA))
    subprocess.run(["sh", "-c", block(PAGE, "sh")], env={**os.environ, "SEGMENTS": segments, "REPOSITORY": str(by_hand)}, check=True)
    known = {"type": "fs", "settings": {"location": str(by_hand), "readonly": True}}
    at.client.snapshot.create_repository(name=f"{at.word}-by-hand", repository=known)
    done = at.client.snapshot.restore(
        repository=f"{at.word}-by-hand",
        snapshot=dict(taken.facts.extras)["snapshot"],
        rename_pattern="(.+)",
        rename_replacement=f"{at.word}x-$1",
        include_aliases=False,
        wait_for_completion=True,
    )
    assert done["snapshot"]["shards"]["failed"] == 0
    assert at.count(f"{at.word}x-{at.name('posts')}") == 2000
