"""Refusals that SeaweedFS cannot be brought to, from a service that answers as Amazon S3 documents: each told in one sentence."""

import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.contracts.store import KEY, put, read
from tests.stores.answers import Answer, Service, error, service
from workers.errors import Permanent, Transient
from workers.stores import s3_client
from workers.stores.options import S3Options
from workers.stores.s3 import S3Store
from workers.stores.s3_faults import Later

WHERE = rf"PutObject on vault/prod/{KEY}"
PAGE = """<ListBucketResult><Name>vault</Name><IsTruncated>{more}</IsTruncated>{token}{rows}</ListBucketResult>"""
ROW = "<Contents><Key>{key}</Key><Size>5</Size></Contents>"

FOREVER = {
    "clock": (403, "RequestTimeTooSkewed", "the clocks of this host and of http://127.0.0.1:.* are too far apart; let a time service"),
    "redirect": (400, "AuthorizationHeaderMalformed", r"bucket vault is in another region; mend stores\.s3\.region"),
    "token": (400, "ExpiredToken", "the session that signs its requests has ended"),
    "quota": (507, "InsufficientStorage", rf"store s3 is full: vault/prod/{KEY} does not fit"),
    "class": (400, "InvalidStorageClass", r"does not have the storage class asked for; mend stores\.s3\.storage_class"),
    "no condition": (501, "NotImplemented", "cannot write an object only where there is none"),
    "denied": (403, "AccessDenied", f"403 AccessDenied: {WHERE}; the account needs s3:PutObject there, .*: In other words"),
    "unknown": (400, "KeyTooLongError", f"400 KeyTooLongError: {WHERE}: In other words"),
    "no words": (418, "", f"418 418: {WHERE}: In other words"),
}
PASSING = {
    "internal": (500, "InternalError", f"500 InternalError: {WHERE}: In other words"),
    "gateway": (502, "BadGateway", f"502 BadGateway: {WHERE}"),
    "slow body": (400, "RequestTimeout", f"400 RequestTimeout: {WHERE}"),
    "two at once": (409, "ConditionalRequestConflict", f"409 ConditionalRequestConflict: {WHERE}"),
    "digest": (400, "BadDigest", f"{KEY}; the bytes were damaged on the way"),
}


def store(where: Service | str, **options: object) -> S3Store:
    """A store at a service or an address."""
    url = where if isinstance(where, str) else where.url
    chosen = {"bucket": "vault", "prefix": "prod", "endpoint_url": url, "region": "eu-west-1", **options}
    return S3Store("s3", S3Options.model_validate(chosen), SecretStr("id"), SecretStr("hunter2"))


@pytest.mark.parametrize(("status", "code", "told"), FOREVER.values(), ids=FOREVER)
def test_what_another_try_would_not_mend_is_permanent_and_says_what_would(status: int, code: str, told: str) -> None:
    with service(error(status, code)) as there, pytest.raises(Permanent, match=f"^store s3.*{told}|^{told}"):
        put(store(there), KEY, b"hello")


@pytest.mark.parametrize(("status", "code", "told"), PASSING.values(), ids=PASSING)
def test_what_may_pass_is_transient(status: int, code: str, told: str) -> None:
    with service(error(status, code)) as there, pytest.raises(Transient, match=told):
        put(store(there), KEY, b"hello")
    assert len(there.asked) == 1


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (429, "TooManyRequests"), (400, "RequestLimitExceeded"), (503, "Busy")])
def test_a_service_that_asks_for_patience_gets_the_time_it_asked_for(status: int, code: str) -> None:
    with service(error(status, code, Retry_After="7")) as there, pytest.raises(Later, match="asks for patience") as told:
        put(store(there), KEY, b"hello")
    assert told.value.retry_after == 7.0


@pytest.mark.parametrize("headers", [{}, {"Retry_After": "Wed, 21 Oct 2026 07:28:00 GMT"}])
def test_a_time_that_is_no_number_of_seconds_is_left_to_us(headers: dict[str, str]) -> None:
    with service(error(503, "SlowDown", **headers)) as there, pytest.raises(Later) as told:
        read(store(there), KEY)
    assert told.value.retry_after == 0.0


def test_an_archived_object_is_told_with_the_way_to_thaw_it() -> None:
    with service(error(403, "InvalidObjectState")) as there, pytest.raises(Permanent, match=r"archived .* restore it from Glacier first"):
        read(store(there), KEY)


def test_an_answer_that_is_shorter_than_it_promised_is_transient() -> None:
    with service(Answer(200, "hello", promised=11)) as there, pytest.raises(Transient, match=f"GetObject on vault/prod/{KEY}"):
        read(store(there), KEY)


def test_a_question_about_an_object_that_is_answered_without_words_is_asked_again_in_another_way() -> None:
    with service(Answer(403), error(403, "RequestTimeTooSkewed")) as there, pytest.raises(Permanent, match="clocks"):
        store(there).stat(KEY)
    assert [line.partition(" ")[0] for line in there.asked] == ["HEAD", "GET"]


def test_a_right_to_ask_about_objects_that_is_missing_is_named() -> None:
    page = Answer(200, PAGE.format(more="false", token="", rows=""))
    with service(Answer(403), page) as there, pytest.raises(Permanent, match=r"403 403: HeadObject on .*; the account needs s3:GetObject"):
        store(there).stat(KEY)


def test_a_key_that_was_taken_and_is_free_again_is_transient() -> None:
    page = Answer(200, PAGE.format(more="false", token="", rows=""))
    with (
        service(error(412, "PreconditionFailed"), Answer(404), page) as there,
        pytest.raises(Transient, match=f"{KEY} was taken, and is gone"),
    ):
        put(store(there), KEY, b"hello")
    assert [line.partition(" ")[0] for line in there.asked] == ["PUT", "HEAD", "GET"]


def test_a_checksum_of_parts_vouches_for_nothing() -> None:
    parts = (("x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=-3"),)
    with service(Answer(200, "hello", parts)) as there:
        found = store(there).stat(KEY)
    assert found
    assert (found.bytes, found.sha256) == (5, None)


def test_a_list_of_many_pages_is_read_to_its_end_and_ordered() -> None:
    first = PAGE.format(more="true", token="<NextContinuationToken>x</NextContinuationToken>", rows=ROW.format(key="prod/b"))
    second = PAGE.format(more="false", token="", rows=ROW.format(key="prod/a") + ROW.format(key="prod/a\\b"))
    with service(Answer(200, first), Answer(200, second)) as there:
        assert [found.key for found in store(there).list("")] == ["a", "b"]
    assert "continuation-token=x" in there.asked[1]


def test_a_list_that_fails_on_its_second_page_is_no_short_list() -> None:
    first = PAGE.format(more="true", token="<NextContinuationToken>x</NextContinuationToken>", rows=ROW.format(key="prod/b"))
    with service(Answer(200, first), error(500, "InternalError")) as there, pytest.raises(Transient):
        list(store(there).list(""))


def test_an_answer_that_is_no_xml_is_no_empty_list() -> None:
    with (
        service(Answer(200, "<html>Please log in")) as there,
        pytest.raises(Transient, match="500: ListObjectsV2 on vault/prod"),
    ):
        list(store(there).list(""))


def test_a_service_that_is_away_is_transient() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(Transient, match=f"store s3 at {url} does not answer: PutObject on .*refused"):
            put(store(url), KEY, b"hello")


def test_a_name_that_nobody_knows_is_transient() -> None:
    with pytest.raises(Transient, match=r"store s3 at http://nowhere\.invalid:1 does not answer"):
        store("http://nowhere.invalid:1").free()


def test_a_service_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_client, "READ", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Transient, match=f"store s3 at {url} does not answer: .*timed out"):
            store(url).free()


def test_a_service_that_does_not_speak_tls_is_told() -> None:
    with service(Answer(200)) as there, pytest.raises(Transient, match="TLS broke off"):
        store(there.url.replace("http", "https")).free()


def test_nothing_to_log_in_with_is_told_with_the_names_of_the_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(Permanent, match="store s3 has nothing to log in with; write the secrets stores_s3_access_key_id and"):
        S3Store("s3", S3Options(bucket="vault", endpoint_url="http://127.0.0.1:1")).free()


def test_without_secrets_boto3_finds_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-the-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    with service(Answer(200, PAGE.format(more="false", token="", rows=""))) as there:
        assert S3Store("s3", S3Options(bucket="vault", endpoint_url=there.url)).free() is None
    assert len(there.asked) == 1


def test_no_failure_shows_the_secret_or_the_signature() -> None:
    said = "AWSAccessKeyId id"
    with service(error(403, "SignatureDoesNotMatch", said)) as there, pytest.raises(Permanent) as told:
        read(store(there), KEY)
    chain = f"{told.value!r} {told.value.__cause__!r} {told.value.__suppress_context__}"
    assert ("hunter2" in chain, said in chain, chain.endswith("True")) == (False, False, True)
