"""What every channel must do. A new one inherits this class and says how its other side is made to answer."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workers.errors import Permanent, Transient
from workers.ports import Channel, Field, Message

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MESSAGE = Message(
    "❌ Backup failed · community · full",
    (Field("Step", "upload, segment 14 of 31"), Field("Reason", "403 AccessDenied: PutObject")),
    "critical",
    'why("7c1e") in the shell',
)
ODD = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        [
            "",
            " ",
            "\n\n",
            "<!channel>",
            "<@U1> & <http://x|y>",
            "&" * 10_000,
            "김치" * 5000,
            "💾" * 5000,
            "a\0b",
            "\b",
            "\ud800",
            "```*_~`" * 50,
        ]
    ),
)
MESSAGES = st.builds(
    Message, ODD, st.lists(st.builds(Field, ODD, ODD), max_size=70).map(tuple), st.sampled_from(["info", "warning", "critical"]), ODD
)


class ChannelContract:
    """`channel` is the channel under test; the other hooks steer and ask its other side."""

    def channel(self) -> Channel:
        raise NotImplementedError

    def received(self) -> list[str]:
        """Everything that people were shown so far: the text of each message."""
        raise NotImplementedError

    def say_no(self, *, for_ever: bool) -> None:
        """Let the other side refuse what comes next."""
        raise NotImplementedError

    def go_away(self) -> None:
        """Let the other side be unreachable."""
        raise NotImplementedError

    def test_it_has_a_name(self) -> None:
        assert self.channel().name

    def test_people_see_all_of_a_message(self) -> None:
        self.channel().send(MESSAGE)
        (text,) = self.received()
        for part in ("Backup failed", "community", "Step", "upload, segment 14 of 31", "403 AccessDenied", 'why("7c1e")'):
            assert part in text

    def test_it_sends_once(self) -> None:
        channel = self.channel()
        channel.send(MESSAGE)
        channel.send(replace(MESSAGE, headline="✅ Backup sealed"))
        assert len(self.received()) == 2

    @FEW
    @given(MESSAGES)
    def test_no_message_is_too_long_or_too_odd_to_be_sent(self, message: Message) -> None:
        before = len(self.received())
        self.channel().send(message)
        assert len(self.received()) == before + 1

    def test_a_no_for_ever_is_permanent(self) -> None:
        self.say_no(for_ever=True)
        with pytest.raises(Permanent):
            self.channel().send(MESSAGE)

    def test_a_no_for_now_is_transient(self) -> None:
        self.say_no(for_ever=False)
        with pytest.raises(Transient):
            self.channel().send(MESSAGE)

    def test_a_side_that_is_away_is_transient(self) -> None:
        self.go_away()
        with pytest.raises(Transient):
            self.channel().send(MESSAGE)
