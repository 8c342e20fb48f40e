"""What was typed wrongly, and a broker that is away, in one sentence each."""

import pytest
from kombu.exceptions import OperationalError
from pydantic import ValidationError, validate_call
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from workers.errors import Permanent, Refused
from workers.views import faults


@validate_call
def restore(target: str | None = None, *, into: str | None = None, wait: bool = False) -> None:
    """A verb."""


def told(*args, **kwargs):
    with pytest.raises(ValidationError) as error:
        restore(*args, **kwargs)
    return faults.sentence(error.value, {"restore": restore}, "redis://broker:6379/0")


def test_a_misspelt_argument_is_named_with_the_one_that_was_meant():
    assert told("x", int="y") == 'Refused: restore(): no argument "int"; did you mean "into"? (arguments: target, into, wait)'


def test_a_value_of_another_type_is_named_by_its_argument():
    assert told(5) == "Refused: restore(target=…): input should be a valid string"
    assert told(wait="perhaps").startswith("Refused: restore(wait=…): input should be a valid boolean")


def test_a_value_without_its_name_is_told_the_names():
    assert told("community", "x") == "Refused: restore() takes fewer values without a name; name them: target=…, into=…, wait=…"


def test_a_fault_of_something_that_is_no_verb_is_still_one_line():
    with pytest.raises(ValidationError) as error:
        restore(5)
    assert "\n" not in faults.sentence(error.value, {}, "")


def test_a_rule_begins_with_refused_and_a_failure_does_not():
    assert faults.sentence(Refused("no target"), {}, "") == "Refused: no target"
    assert faults.sentence(Permanent("store nas is full"), {}, "") == "store nas is full"


def test_a_broker_that_is_away_is_named_by_its_address():
    with pytest.raises(RedisConnectionError) as error:
        Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)).ping()
    for away in (error.value, OperationalError("Connection refused")):
        assert faults.sentence(away, {}, "redis://127.0.0.1:1/0").startswith("the broker at redis://127.0.0.1:1/0 does not answer: ")


def test_a_broker_that_refuses_is_not_called_away(redis):
    with pytest.raises(AuthenticationError) as error:
        Redis(host="127.0.0.1", port=redis.port, username="nobody", password="wrong").ping()
    wrapped = OperationalError("no channel")
    wrapped.__cause__ = error.value
    for refused in (error.value, wrapped):
        words = faults.sentence(refused, {}, "redis://db:1/0")
        assert words.startswith("the broker at redis://db:1/0 refuses: ")
        assert "broker_password" in words


def test_the_exit_status_tells_what_was_not_begun_from_what_did_not_end_well():
    assert [faults.status(error) for error in (Refused("x"), Permanent("x"), RedisConnectionError("x"))] == [2, 1, 1]
