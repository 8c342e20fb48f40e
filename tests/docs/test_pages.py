"""Facts about the pages: every source and verb has its words, every link leads somewhere, every setting in an example is one."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from workers.sources import SOURCES
from workers.stores import STORES

DOCS = [Path("README.md"), Path("CHANGELOG.md"), *Path("docs").rglob("*.md")]


def test_every_source_has_its_page():
    assert all(Path(f"docs/reference/{source}.md").exists() for source in SOURCES)


def test_every_store_is_in_the_settings_reference():
    text = Path("docs/reference/settings.md").read_text()
    assert all(f"`{store}`" in text or f'"{store}"' in text for store in STORES)


def test_every_verb_of_the_shell_is_in_its_page_and_no_other(orders):
    written = re.findall(r"^\| `(\w+)\(", Path("docs/reference/shell.md").read_text(), re.MULTILINE)
    assert written == [*orders.shell.VERBS]


@pytest.mark.parametrize("page", DOCS, ids=str)
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_example_in_the_shells_page_is_a_line_that_compiles_and_names_a_verb(orders):
    examples = re.findall(r"\| `([^`]+)` \|$", Path("docs/reference/shell.md").read_text(), re.MULTILINE)
    assert len(examples) == len(orders.shell.VERBS)
    for line in examples:
        code = compile(line, "shell", "eval")
        assert code.co_names[0] in orders.shell.VERBS


GUIDES = [(str(page), line) for page in DOCS for line in re.findall(r"^>>> (.+?)(?: +#.*)?$", page.read_text(), re.MULTILINE)]


@pytest.mark.parametrize(("page", "line"), GUIDES)
def test_every_line_for_the_shell_in_a_page_is_one_of_its_verbs_with_arguments_that_it_has(orders, page, line):
    calls = [node for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    assert calls
    for call in calls:
        verb = inspect.signature(orders.shell.VERBS[call.func.id])
        verb.bind_partial(*call.args, **{keyword.arg: None for keyword in call.keywords})


def test_every_target_of_make_in_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+):", Path("Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"make ([a-z]+)", Path("README.md").read_text()))
    assert named <= targets
