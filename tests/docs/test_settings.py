"""What the pages say for the settings file is taken by the program that reads it."""

import re
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest

from workers.settings import document, load

README, S3 = Path("README.md"), Path("docs/guides/s3.md")
BESIDE = """
[hosts.files1]
role = "files"
[hosts.search1]
role = "search"
[plans.files]
required = ["nas"]
[plans.secret]
required = ["nas"]
recipients = ["age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa"]
"""  # what other blocks of the same guides, or none of them, say


def blocks(page: Path) -> list[str]:
    """The settings in a page."""
    found = re.findall(r"^( *)```toml\n(.*?)^\1```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(text) for _, text in found]


def lines(settings: dict[str, Any], path: tuple[str, ...] = ()) -> list[str]:
    """Tables as TOML again."""
    own = [f"{key} = {value(found)}" for key, found in settings.items() if not isinstance(found, dict)]
    below = [line for key, found in settings.items() if isinstance(found, dict) for line in lines(found, (*path, key))]
    return [*([f"[{'.'.join(path)}]"] if path else []), *own, *below]


def value(found: object) -> str:
    if isinstance(found, list):
        return f"[{', '.join(map(value, found))}]"
    return str(found).lower() if isinstance(found, bool) else repr(found)


ALL = [(page, text) for page in [*Path("docs").rglob("*.md")] for text in blocks(page)]


def test_the_settings_of_the_readme_are_enough(tmp_path: Path) -> None:
    (text,) = blocks(README)
    (tmp_path / "canvasback.toml").write_text(text)
    settings = load(tmp_path / "canvasback.toml")
    assert (list(settings.hosts), list(settings.targets)) == (["db1", "control"], ["community"])
    assert "/etc/canvasback/secrets/targets_community_mysql_password" in README.read_text()
    assert str(settings.secrets_dir) == "/etc/canvasback/secrets"


@pytest.mark.parametrize(("page", "text"), ALL, ids=[f"{page.name}-{number}" for number, (page, _) in enumerate(ALL)])
def test_every_block_of_a_guide_is_taken_beside_those_of_the_readme(page: Path, text: str, tmp_path: Path) -> None:
    whole = tomllib.loads(blocks(README)[0])
    for beside in (BESIDE, blocks(S3)[0]):
        whole = document.over(whole, tomllib.loads(beside))
    asked = tomllib.loads(text)
    if not any(isinstance(found, dict) for found in asked.values()):  # single keys of a store
        asked = {"stores": {"s3": asked}}
    if page.name == "redis.md":  # its second block says more of the target of its first
        whole = document.over(whole, tomllib.loads(blocks(page)[0]))
    (tmp_path / "canvasback.toml").write_text("\n".join(lines(document.over(whole, asked))))
    load(tmp_path / "canvasback.toml")
