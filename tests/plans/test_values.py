"""Names, sizes, durations, zones, folders and recipients."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from workers.plans.values import Duration, Folder, Name, Recipient, Size, TimeZone, did_you_mean, duration_text, size_text, unknown

SIZE, DURATION = TypeAdapter(Size), TypeAdapter(Duration)


@pytest.mark.parametrize(
    ("written", "bytes"), [("96MiB", 96 << 20), ("1.5 GiB", 3 << 29), ("512B", 512), ("2TiB", 2 << 40), ("8KiB", 8192), (4096, 4096)]
)
def test_a_size_is_read_in_binary_units(written: str | int, bytes: int) -> None:
    assert SIZE.validate_python(written) == bytes


@pytest.mark.parametrize("written", ["96MB", "96", "-1MiB", "MiB", "1e3MiB", True, 1.5, None, "1MiB\n"])
def test_what_is_no_size_is_refused(written: Any) -> None:
    with pytest.raises(ValidationError, match="not a size"):
        SIZE.validate_python(written)


@pytest.mark.parametrize(
    ("written", "seconds"), [("15s", 15), ("30m", 1800), ("1h", 3600), ("30d", 2592000), ("2w", 1209600), ("1h30m", 5400)]
)
def test_a_duration_is_read_with_its_unit(written: str, seconds: int) -> None:
    assert DURATION.validate_python(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize("written", ["1", "h", "1 h", "1y", "-1h", 3600, "", "PT1H", "1h\n"])
def test_what_is_no_duration_is_refused(written: Any) -> None:
    with pytest.raises(ValidationError, match="not a duration"):
        DURATION.validate_python(written)


@pytest.mark.parametrize("written", ["0s", "36526d", "999999999w999999999w"])
def test_a_duration_is_something_that_a_date_can_bear(written: str) -> None:
    with pytest.raises(ValidationError, match="should be longer than nothing and at most a hundred years"):
        DURATION.validate_python(written)


@given(st.integers(0, 1 << 45))
def test_a_size_is_written_as_it_is_read(bytes: int) -> None:
    assert SIZE.validate_python(size_text(bytes)) == bytes


@given(st.integers(1, 10**9))
def test_a_duration_is_written_as_it_is_read(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert DURATION.validate_python(duration_text(span)) == span


@pytest.mark.parametrize("name", ["db1", "0", "a_b-c", "a" * 63])
def test_a_name_has_small_letters_digits_and_two_signs(name: str) -> None:
    assert TypeAdapter(Name).validate_python(name) == name


@pytest.mark.parametrize("name", ["", "DB1", "-a", "_a", "a.b", "a/b", "a" * 64, "a\n", "é"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="not a name"):
        TypeAdapter(Name).validate_python(name)


@pytest.mark.parametrize("zone", ["Seoul", "+09:00", "", "../../etc/passwd", 9])
def test_what_is_no_time_zone_is_refused(zone: Any) -> None:
    with pytest.raises(ValidationError, match="not a time zone"):
        TypeAdapter(TimeZone).validate_python(zone)


@pytest.mark.parametrize("path", ["srv", "./srv", "~/srv", "", "/srv\0"])
def test_a_folder_is_absolute(path: str) -> None:
    with pytest.raises(ValidationError, match="not an absolute path"):
        TypeAdapter(Folder).validate_python(path)


def test_an_identity_in_place_of_a_recipient_is_called_a_secret() -> None:
    with pytest.raises(ValidationError, match="an age identity, which is a secret"):
        TypeAdapter(Recipient).validate_python("AGE-SECRET-KEY-1XXXX")


def test_a_near_word_is_offered_and_a_far_one_is_not() -> None:
    assert did_you_mean("db01", ("db1", "files1")) == '; did you mean "db1"?'
    assert did_you_mean("zzz", ("db1",)) == ""
    assert unknown("host", "x", ()) == 'no host "x" (known: none)'
