"""The tree of failures: what happens next is told by the type, and the one sentence survives the way through the broker."""

import pickle

import pytest

from workers.errors import Corrupt, Failure, Permanent, Refused, RunFailed, Transient

ALL = (Transient, Permanent, Corrupt, RunFailed, Refused)


@pytest.mark.parametrize("kind", ALL)
def test_each_carries_its_one_sentence_as_exceptions_cross_the_broker(kind: type[Failure]) -> None:
    failure = kind(sentence := "nas has no object users")
    assert (failure.args, str(failure), failure.reason) == ((sentence,), sentence, sentence)
    assert pickle.loads(pickle.dumps(failure)).reason == sentence  # noqa: S301  # our own bytes


def test_damage_and_a_run_that_is_over_are_never_tried_again() -> None:
    assert issubclass(Corrupt, Permanent)
    assert issubclass(RunFailed, Permanent)
    assert not issubclass(Permanent, Transient)


def test_a_refusal_is_neither_tried_again_nor_an_alert() -> None:
    assert not issubclass(Refused, Transient | Permanent)
