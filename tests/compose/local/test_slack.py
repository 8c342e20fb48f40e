"""The sink: Slack's limits to the character, Slack's bad days, and the same sink as a process of its own."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from compose.local.slack import HOOK, Sink, Slack

Block = dict[str, Any]


def post(port: int, payload: object, path: str = HOOK) -> tuple[int, str, str | None]:
    """Status, text and Retry-After."""
    line = HTTPConnection("127.0.0.1", port, timeout=10)
    line.request("POST", path, payload if isinstance(payload, bytes) else json.dumps(payload))
    answer = line.getresponse()
    found = answer.status, answer.read().decode(), answer.getheader("Retry-After")
    line.close()
    return found


def text(length: int, kind: str = "mrkdwn") -> Block:
    return {"type": kind, "text": "한" * length}


def header(length: int, kind: str = "plain_text") -> Block:
    return {"type": "header", "text": text(length, kind)}


def section(length: int) -> Block:
    return {"type": "section", "text": text(length)}


def fields(count: int, length: int = 1) -> Block:
    return {"type": "section", "fields": [text(length)] * count}


def context(count: int) -> Block:
    return {"type": "context", "elements": [text(1)] * count}


WITHIN = [
    [header(150)],
    [section(3000)],
    [fields(10, 2000)],
    [{**section(1), **fields(1)}],
    [context(10)],
    [{"type": "divider"}] * 50,
]
BEYOND = [
    [header(151)],
    [header(0)],
    [header(1, "mrkdwn")],
    [{"type": "header"}],
    [section(3001)],
    [section(0)],
    [fields(11)],
    [fields(0)],
    [fields(1, 2001)],
    [{**section(1), "fields": []}],
    [{"type": "section"}],
    [{"type": "section", "fields": {"type": "mrkdwn"}}],
    [{"type": "section", "text": "bare"}],
    [{"type": "section", "text": {"type": "mrkdwn", "text": 1}}],
    [context(11)],
    [context(0)],
    [{"type": "context"}],
    [{"type": "heading", "text": text(1)}],
    ["divider"],
    [{"type": "divider"}] * 51,
    {"type": "divider"},
]


@pytest.mark.parametrize("blocks", WITHIN)
def test_blocks_at_the_limit_are_accepted(slack: Sink, blocks: list[Block]) -> None:
    payload = {"text": "short", "blocks": blocks}
    assert post(slack.port, payload)[:2] == (200, "ok")
    assert slack.messages == [payload]


@pytest.mark.parametrize("blocks", BEYOND)
def test_blocks_beyond_the_limit_are_refused_and_not_kept(slack: Sink, blocks: object) -> None:
    assert post(slack.port, {"text": "short", "blocks": blocks})[:2] == (400, "invalid_blocks")
    assert (slack.messages, slack.refused) == ([], ["invalid_blocks"])


@pytest.mark.parametrize("body", [b"", b"text", b"\xff", b"[]", b'"text"', b"null", b'{"text": 5}', b'{"text": "%s"}' % (b"x" * 40_001)])
def test_what_is_no_message_is_an_invalid_payload(slack: Sink, body: bytes) -> None:
    assert post(slack.port, body)[:2] == (400, "invalid_payload")
    assert slack.messages == []


@pytest.mark.parametrize("payload", [{}, {"text": ""}, {"blocks": []}, {"username": "canvasback"}])
def test_a_message_without_words_is_refused(slack: Sink, payload: Block) -> None:
    assert post(slack.port, payload)[:2] == (400, "no_text")


@pytest.mark.parametrize("payload", [{"text": "x" * 40_000}, {"blocks": [section(1)]}])
def test_text_or_blocks_alone_are_enough(slack: Sink, payload: Block) -> None:
    assert post(slack.port, payload)[:2] == (200, "ok")


@pytest.mark.parametrize("path", ["/", "/services/T000/B000/other", f"{HOOK}/"])
def test_another_address_is_no_webhook(slack: Sink, path: str) -> None:
    assert post(slack.port, {"text": "hello"}, path)[:2] == (404, "no_service")
    assert slack.messages == []


@pytest.mark.parametrize(("status", "word"), [(404, "no_service"), (429, "rate_limited"), (500, "internal_error"), (403, "fatal_error")])
def test_a_bad_day_lasts_for_the_next_requests(slack: Sink, status: int, word: str) -> None:
    slack.answer(status, times=2, wait=7)
    wait = "7" if status == 429 else None
    assert [post(slack.port, {"text": "hello"}) for _ in range(3)] == [(status, word, wait)] * 2 + [(200, "ok", None)]
    assert slack.messages == [{"text": "hello"}]


def test_a_bad_day_without_an_end_lasts_until_told_otherwise(slack: Sink) -> None:
    slack.answer(500)
    assert {post(slack.port, {"text": "hello"})[0] for _ in range(5)} == {500}
    slack.answer(200)
    assert post(slack.port, {"text": "hello"})[0] == 200


def test_a_bad_day_is_ordered_over_http_too(slack: Sink) -> None:
    assert post(slack.port, {"status": 429, "times": 1, "wait": 3}, "/control")[:2] == (200, "ok")
    assert post(slack.port, {"text": "hello"}) == (429, "rate_limited", "3")
    assert post(slack.port, {"text": "hello"})[0] == 200


def test_requests_at_the_same_time_are_counted_exactly(slack: Sink) -> None:
    slack.answer(500, times=10)
    with ThreadPoolExecutor(8) as pool:
        statuses = [found[0] for found in pool.map(lambda number: post(slack.port, {"text": str(number)}), range(40))]
    assert (statuses.count(500), statuses.count(200), len(slack.messages)) == (10, 30, 30)


def test_a_stopped_sink_refuses_connections() -> None:
    sink = Sink().start()
    sink.stop()
    with pytest.raises(ConnectionRefusedError):
        post(sink.port, {"text": "hello"})


def test_as_a_process_it_keeps_messages_and_takes_orders(folder: Path) -> None:
    with Slack(folder / "slack") as server:
        server.answer(404, times=1)
        statuses = [post(server.port, {"text": "백업 끝"})[0] for _ in range(2)]
        assert (statuses, server.messages()) == ([404, 200], [{"text": "백업 끝"}])
        assert server.url.endswith(f":{server.port}{HOOK}")
    assert not server.ready()


def test_as_a_process_it_is_not_mistaken_for_another(slack: Sink, folder: Path) -> None:
    assert not Slack(folder / "slack", port=slack.port).ready()


def test_the_webhooks_path_is_never_logged(folder: Path) -> None:
    with Slack(folder / "slack") as server:
        post(server.port, {"text": "hello"})
        began = time.monotonic()
        while not server.messages() and time.monotonic() - began < 5:
            time.sleep(0.05)
        assert server.log.read_text() == ""
