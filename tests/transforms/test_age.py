import io

import pyrage
import pytest
from pydantic import SecretStr

from tests.contracts.transform import TransformContract
from workers.errors import Corrupt, Permanent, Refused
from workers.transforms.age import Age

MINE, THEIRS = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()


def secret(*identities: object) -> SecretStr:
    """The text of an identity file, as age-keygen writes it."""
    return SecretStr("".join(f"# created: 2026-11-22T00:00:00Z\n{identity}\n" for identity in identities))


def encrypted(*identities: object) -> bytes:
    sink = io.BytesIO()
    Age(tuple(str(identity.to_public()) for identity in identities)).encode(io.BytesIO(b"plain"), sink)
    return sink.getvalue()


def decrypt(stored: bytes, identities: SecretStr | None) -> bytes:
    sink = io.BytesIO()
    Age(identities=identities).decode(io.BytesIO(stored), sink)
    return sink.getvalue()


class TestAge(TransformContract):
    recipe = f"""
from pydantic import SecretStr
from workers.transforms.age import Age
transform = Age(({str(MINE.to_public())!r},), SecretStr({str(MINE)!r}))"""
    damage = (Corrupt, Permanent)  # a damaged recipient line looks like a backup for somebody else

    def transform(self) -> Age:
        return Age((str(MINE.to_public()),), secret(MINE))


def test_every_recipient_can_read_it() -> None:
    stored = encrypted(MINE, THEIRS)
    assert decrypt(stored, secret(MINE)) == decrypt(stored, secret(THEIRS)) == b"plain"


def test_one_of_several_identities_is_enough() -> None:
    assert decrypt(encrypted(MINE), secret(THEIRS, MINE)) == b"plain"


def test_damage_to_the_body_is_corrupt_and_not_a_wrong_identity() -> None:
    stored = bytearray(encrypted(MINE))
    stored[-1] ^= 1
    with pytest.raises(Corrupt, match="damaged"):
        decrypt(bytes(stored), secret(MINE))


def test_a_wrong_identity_is_named_in_plain_words() -> None:
    with pytest.raises(Permanent, match="no identity given fits this backup") as failure:
        decrypt(encrypted(MINE), secret(THEIRS))
    assert not isinstance(failure.value, Corrupt)


def test_a_missing_identity_is_named_before_anything_is_read() -> None:
    with pytest.raises(Permanent, match="no identity was given"):
        decrypt(b"", None)


@pytest.mark.parametrize(
    "text", ["AGE-SECRET-KEY-1NOTAKEY", str(MINE)[:-1], str(MINE.to_public())], ids=["no key", "cut short", "a recipient"]
)
def test_a_wrong_identity_file_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(Refused, match="no AGE-SECRET-KEY") as failure:
        Age(identities=SecretStr(text))
    assert text not in str(failure.value)
    assert failure.value.__cause__ is None


def test_an_empty_identity_file_is_refused() -> None:
    with pytest.raises(Refused, match="empty"):
        Age(identities=SecretStr("# nothing\n"))


def test_a_recipient_with_a_typing_error_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="'age1xyz' is no age recipient"):
        Age(("age1xyz",))


def test_nothing_is_encrypted_to_nobody() -> None:
    with pytest.raises(Permanent, match="without a recipient"):
        Age().encode(io.BytesIO(b"plain"), io.BytesIO())
