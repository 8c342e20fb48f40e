"""Slack against a sink on the loopback that checks every payload against Slack's limits."""

import logging
import pickle
import socket
import traceback
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from compose.local.slack import HOOK, Sink
from tests.contracts.channel import MESSAGE, ChannelContract
from workers.alerts import slack
from workers.alerts.slack import Later, SlackChannel
from workers.errors import Failure, Permanent, Transient


class Moody(Sink):
    """A sink that can also answer with any status and words."""

    words: tuple[int, str] | None = None

    def judge(self, body: bytes) -> tuple[int, str]:
        return self.words or super().judge(body)


@pytest.fixture(scope="module")
def listening() -> Iterator[Moody]:
    sink = Moody()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def sink(listening: Moody) -> Moody:
    """The sink on a good day, without memories."""
    listening.words = None
    listening.answer(200)
    listening.messages.clear()
    listening.refused.clear()
    return listening


@pytest.fixture
def channel(sink: Moody) -> SlackChannel:
    return SlackChannel(SecretStr(sink.url))


def failure_of(channel: SlackChannel) -> Failure:
    with pytest.raises(Failure) as caught:
        channel.send(MESSAGE)
    return caught.value


class TestSlackIsAChannel(ChannelContract):
    @pytest.fixture(autouse=True)
    def _sink(self, sink: Moody) -> None:
        self.sink, self.url = sink, sink.url

    def channel(self) -> SlackChannel:
        return SlackChannel(SecretStr(self.url))

    def received(self) -> list[str]:
        assert self.sink.refused == []
        return [str(payload["blocks"]) for payload in self.sink.messages]

    def say_no(self, *, for_ever: bool) -> None:
        self.sink.answer(404 if for_ever else 500)

    def go_away(self) -> None:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{nobody.getsockname()[1]}{HOOK}"


def test_both_blocks_and_a_fallback_arrive(channel: SlackChannel, sink: Moody) -> None:
    channel.send(MESSAGE)
    (payload,) = sink.messages
    assert payload["text"].startswith("❌ Backup failed · community · full\nStep: upload, segment 14 of 31")
    assert [block["type"] for block in payload["blocks"]] == ["header", "section", "section", "context"]


@pytest.mark.parametrize(
    ("status", "word"), [(404, "no_service"), (403, "invalid_token"), (400, "invalid_blocks"), (410, "channel_is_archived")]
)
def test_a_refusal_is_permanent_and_told_in_slacks_words(channel: SlackChannel, sink: Moody, status: int, word: str) -> None:
    sink.words = (status, word)
    failure = failure_of(channel)
    assert type(failure) is Permanent
    assert failure.reason.startswith(f"Slack refused the message: {status} {word}; look at the secret alerts_slack_webhook")


@pytest.mark.parametrize(("status", "words"), [(200, "<html>Sign in to the network</html>"), (200, ""), (302, ""), (204, "")])
def test_anything_but_slacks_own_ok_is_no_success(channel: SlackChannel, sink: Moody, status: int, words: str) -> None:
    sink.words = (status, words)
    assert isinstance(failure_of(channel), Permanent)


@pytest.mark.parametrize("status", [408, 500, 502, 503])
def test_a_slack_in_trouble_is_transient(channel: SlackChannel, sink: Moody, status: int) -> None:
    sink.words = (status, "internal_error")
    failure = failure_of(channel)
    assert isinstance(failure, Transient)
    assert f"{status} internal_error" in failure.reason


def test_patience_is_asked_for_in_seconds(channel: SlackChannel, sink: Moody) -> None:
    sink.answer(429, wait=17)
    failure = failure_of(channel)
    assert isinstance(failure, Later)
    assert failure.retry_after == 17.0


def test_patience_survives_a_pickle_as_celery_makes_one() -> None:
    failure = pickle.loads(pickle.dumps(Later("later", 17.0)))  # noqa: S301  # our own bytes
    assert (failure.reason, failure.retry_after) == ("later", 17.0)


def test_after_a_bad_day_the_same_message_goes_through(channel: SlackChannel, sink: Moody) -> None:
    sink.answer(500, times=1)
    failure_of(channel)
    channel.send(MESSAGE)
    assert len(sink.messages) == 1, "the channel itself must not have tried again"


def test_a_slack_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack, "TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        failure = failure_of(SlackChannel(SecretStr(f"http://127.0.0.1:{silent.getsockname()[1]}{HOOK}")))
    assert isinstance(failure, Transient)
    assert failure.reason == "Slack did not answer within 0.2 s"


@pytest.mark.parametrize(
    "text", ["", "xoxb-123", "ftp://x/y", "https://", "https://hooks.slack.com/a b", "http://h:port/x", "http://[::1/x", "http://hü/x"]
)
def test_a_secret_that_is_no_address_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(Permanent, match="secret alerts_slack_webhook is no address") as caught:
        SlackChannel(SecretStr(text))
    assert text in ("", "https://") or text not in caught.value.reason


def test_a_new_line_at_the_end_of_the_secret_does_no_harm(sink: Moody) -> None:
    SlackChannel(SecretStr(f"{sink.url}\n")).send(MESSAGE)
    assert len(sink.messages) == 1


@pytest.mark.parametrize(
    "words", [(404, "no_service"), (500, f"upstream {HOOK} failed"), (400, "http://127.0.0.1:{port}" + HOOK), (200, HOOK)]
)
def test_the_address_is_in_no_exception_log_or_repr(
    channel: SlackChannel, sink: Moody, words: tuple[int, str], caplog: pytest.LogCaptureFixture
) -> None:
    """With logging at its loudest: slack_sdk alone would write the address into its debug log."""
    caplog.set_level(logging.DEBUG)
    sink.words = (words[0], words[1].replace("{port}", str(sink.port)))
    text = "".join(traceback.format_exception(failure_of(channel)))
    for shown in (text, caplog.text, repr(channel), repr(vars(channel))):
        assert HOOK not in shown
        assert "XXXXXXXX" not in shown


def test_an_unknown_host_does_not_show_the_address_either(capfd: pytest.CaptureFixture[str]) -> None:
    failure = failure_of(SlackChannel(SecretStr(f"http://no-such-host.invalid{HOOK}")))
    out = "".join(traceback.format_exception(failure)) + "".join(capfd.readouterr())
    assert isinstance(failure, Transient)
    assert "XXXXXXXX" not in out
