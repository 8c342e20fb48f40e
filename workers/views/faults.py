"""One sentence for whatever goes wrong at the shell: what was typed, what the broker does, what a rule says. No traceback."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from kombu.exceptions import OperationalError
from pydantic import ValidationError
from redis import RedisError
from redis.exceptions import AuthenticationError, NoPermissionError

from workers.errors import Failure, Refused
from workers.plans.values import unknown

TOLD = (Failure, ValidationError, RedisError, OperationalError)
REFUSED, FAILED = 2, 1  # exit status: nothing was done; something was tried and did not end well


def status(error: BaseException) -> int:
    """The exit status that an error of `TOLD` means."""
    return REFUSED if isinstance(error, Refused | ValidationError) else FAILED


def sentence(error: BaseException, verbs: Mapping[str, Callable[..., Any]], broker: str) -> str:
    """An error of `TOLD` in words. `broker` is the broker's address, without secrets."""
    if isinstance(error, ValidationError):
        return f"Refused: {_typed(error, verbs)}"
    if isinstance(error, Failure):
        return f"{'Refused: ' if isinstance(error, Refused) else ''}{error.reason}"
    if any(isinstance(told, AuthenticationError | NoPermissionError) for told in (error, error.__cause__)):
        return f"the broker at {broker} refuses: {error}; look at the secrets broker_user and broker_password, and at ACL LOG"
    return f"the broker at {broker} does not answer: {error}; start it, doctor() looks at the rest"


def _typed(error: ValidationError, verbs: Mapping[str, Callable[..., Any]]) -> str:
    """What is wrong with the arguments of a verb; the first fault is enough, the rest often follows from it."""
    verb = error.title.strip("_")
    known = tuple(inspect.signature(verbs[verb]).parameters) if verb in verbs else ()
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = first["loc"][0] if first["loc"] else ""
    if first["type"] == "unexpected_keyword_argument":
        return f"{verb}(): {unknown('argument', str(where), known, 'arguments')}"
    if first["type"] == "unexpected_positional_argument":
        return f"{verb}() takes fewer values without a name; name them: {', '.join(f'{name}=…' for name in known)}"
    name = known[where] if isinstance(where, int) and where < len(known) else where
    return f"{verb}({name}=…): {first['msg'][:1].lower()}{first['msg'][1:]}"
