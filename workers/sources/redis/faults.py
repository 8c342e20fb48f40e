"""The server's refusals, told as failures that say what would mend them. Floor: tools."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import AuthenticationError, BusyLoadingError, NoPermissionError, RedisError, ResponseError
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as TooLate

from workers.errors import Failure, Permanent, Transient
from workers.sources.redis.options import RedisOptions

LOGIN = ("WRONGPASS", "NOAUTH", "invalid username-password", "invalid password", "Authentication required", "without any password")


@contextmanager
def told(options: RedisOptions, doing: str) -> Iterator[None]:
    """Turn the client's exceptions into failures."""
    try:
        yield
    except RedisError as error:
        raise failure(error, options, doing) from error


def failure(error: RedisError, options: RedisOptions, doing: str) -> Failure:
    """The failure that an exception of the client means; Transient where the server may answer later."""
    text = str(error)
    if isinstance(error, AuthenticationError) or any(word in text for word in LOGIN):
        return login(options, text)
    if isinstance(error, BusyLoadingError) or text.startswith("LOADING"):
        return Transient(f"{options.address} is still loading its data")
    if "CERTIFICATE_VERIFY_FAILED" in text or "SSL" in text:
        return untrusted(options, text)
    if isinstance(error, NoConnection | TooLate):
        return Transient(f"no Redis answers at {options.address}: {text}")
    if isinstance(error, NoPermissionError | ResponseError):
        return refused(options, doing, text)
    return Permanent(f"{doing} on {options.address}: {text}")


def login(options: RedisOptions, text: str) -> Failure:
    """A password that is wrong, or missing."""
    who = f"user {options.user!r}" if options.user else "the default user"
    if "without any password" in text:
        return Permanent(f"{options.address} has no password for {who}; set `nopass = true` for this target")
    return Permanent(f"{options.address} refuses {who} or its password; check `user` in the settings and this target's password secret")


def untrusted(options: RedisOptions, text: str) -> Failure:
    """TLS that did not come about."""
    return Permanent(f"no TLS with {options.address}: {text}; check ca_file, cert_file and key_file of this target, and `tls` itself")


def refused(options: RedisOptions, doing: str, text: str) -> Failure:
    """What a server answered with `-`."""
    if text.startswith("NOPERM") or "has no permissions" in text or "no permissions to" in text:
        return Permanent(f"{doing} on {options.address}: {text}; the user's rights are in the guide to Redis (ACL SETUSER)")
    if text.startswith("MISCONF"):
        return Permanent(
            f"{options.address} refuses writes because its last save failed (stop-writes-on-bgsave-error): see its log and its disk"
        )
    if "unknown command" in text.lower():
        return Permanent(f"{doing}: {options.address} does not know this command, as hosted services do not: {text}")
    return Permanent(f"{doing} on {options.address}: {text}")
