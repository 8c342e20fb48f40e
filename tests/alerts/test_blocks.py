"""Blocks: within Slack's limits whatever comes, and without markup that a target's name or an error could bring along."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.channel import MESSAGES
from workers.alerts.blocks import blocks, clip, fallback
from workers.ports import Field, Message


def made(message: Message) -> list[dict[str, Any]]:
    """The blocks as Slack gets them."""
    found: list[dict[str, Any]] = json.loads(json.dumps([block.to_dict() for block in blocks(message)]))
    return found


def texts(block: dict[str, Any]) -> list[dict[str, Any]]:
    return [*([block["text"]] if "text" in block else []), *block.get("fields", []), *block.get("elements", [])]


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def message(*fields: Field, severity: str = "info", advice: str = "") -> Message:
    return Message("✅ Backup sealed · community · full", fields, severity, advice)


@settings(max_examples=150, deadline=None)
@given(MESSAGES)
def test_no_text_is_ever_empty_or_above_its_limit(message: Message) -> None:
    found = made(message)
    assert 2 <= len(found) <= 50
    assert 1 <= units(found[0]["text"]["text"]) <= 150
    for block in found[1:]:
        assert len(block.get("fields", [])) <= 10
        for text in texts(block):
            assert text["text"].strip()
            assert units(text["text"]) <= (2000 if text in block.get("fields", []) else 3000)


@settings(max_examples=150, deadline=None)
@given(MESSAGES)
def test_nothing_in_a_message_calls_people_or_links(message: Message) -> None:
    mrkdwn = [text for block in made(message)[1:] for text in texts(block)]
    assert all(text["verbatim"] for text in mrkdwn)
    assert "<" not in "".join(text["text"] for text in mrkdwn) + fallback(message)


@given(st.text(alphabet="&<>aé💾…\0\ud800", max_size=60), st.integers(10, 40))
def test_clipping_keeps_a_beginning_and_never_half_an_entity(text: str, limit: int) -> None:
    found = clip(text, limit)
    assert units(found) <= limit
    plain = found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    clean = text.replace("\0", " ").replace("\ud800", "?").strip()
    assert plain == clean or (found.endswith("…") and clean.startswith(plain[:-1]))


def test_what_fits_is_not_touched() -> None:
    assert clip("a" * 40, 40) == "a" * 40
    assert clip("a" * 41, 40) == "a" * 39 + "…"


def test_a_short_message_looks_as_drawn() -> None:
    found = made(message(Field("Size", "1.6 GiB (4.4 GiB before)"), Field("Copies", "nas, s3")))
    assert found[0] == {"type": "header", "text": {"type": "plain_text", "text": "✅ Backup sealed · community · full", "emoji": False}}
    assert [field["text"] for field in found[1]["fields"]] == ["*Size*\n1.6 GiB (4.4 GiB before)", "*Copies*\nnas, s3"]
    assert found[2]["elements"][0]["text"] == "Canvasback"


def test_a_failure_shows_its_severity_and_what_to_do_next() -> None:
    found = made(message(Field("Step", "upload"), severity="critical", advice='why("7c1e") in the shell'))
    assert found[-2]["text"]["text"] == '*Do next*\nwhy("7c1e") in the shell'
    assert found[-1]["elements"][0]["text"] == "CRITICAL · Canvasback"


def test_a_long_value_gets_the_full_width_in_its_place() -> None:
    found = made(message(Field("Step", "upload"), Field("Reason", "x" * 81), Field("Run", "7c1e")))
    assert ["text" in block for block in found[1:4]] == [False, True, False]


@pytest.mark.parametrize(("count", "rows"), [(10, [10]), (11, [10, 1]), (25, [10, 10, 5])])
def test_ten_fields_go_into_one_section(count: int, rows: list[int]) -> None:
    found = made(message(*[Field("L", str(number)) for number in range(count)]))
    assert [len(block["fields"]) for block in found[1:-1]] == rows


def test_more_than_slack_can_show_is_said() -> None:
    found = made(message(*[Field("L", "x" * 81)] * 60, advice="look"))
    assert len(found) == 50
    assert found[-3]["text"]["text"] == "… and more: the shell shows everything"
    assert found[-2]["text"]["text"] == "*Do next*\nlook"


def test_the_fallback_says_everything_in_lines() -> None:
    text = fallback(message(Field("Reason", "a < b & c"), advice="look"))
    assert text == "✅ Backup sealed · community · full\nReason: a &lt; b &amp; c\nDo next: look"
