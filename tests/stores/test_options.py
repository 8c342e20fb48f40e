"""What may stand in the settings of a store: each mistake has one sentence that says what would be right."""

import pytest
from pydantic import ValidationError

from workers.artifact import Kind
from workers.stores.options import S3Options, StorageClasses

WRONG = {
    "capitals": ({"bucket": "Backups"}, "not the name of a bucket: 3 to 63 of a-z"),
    "short": ({"bucket": "ab"}, "not the name of a bucket"),
    "two dots": ({"bucket": "a..b"}, "not the name of a bucket"),
    "path": ({"bucket": "vault/prod"}, "not the name of a bucket"),
    "slash": ({"prefix": "prod/"}, 'not a prefix: a part of it is empty; write it like "prod"'),
    "hidden": ({"prefix": ".prod"}, "not a prefix: a part of it begins with a dot"),
    "region": ({"region": "Seoul"}, 'not a region: write one such as "ap-northeast-2"'),
    "no scheme": ({"endpoint_url": "s3.internal:8333"}, "not the address of a service: write https://host"),
    "other scheme": ({"endpoint_url": "s3://vault"}, "not the address of a service"),
    "bucket in it": ({"endpoint_url": "https://s3.internal/vault"}, "without a path or bucket"),
    "question in it": ({"endpoint_url": "https://s3.internal?x=1"}, "without a path or bucket"),
    "account in it": ({"endpoint_url": "https://id:hunter2@s3.internal"}, "holds an account; put it into the secrets"),
    "no port": ({"endpoint_url": "https://s3.internal:port"}, "not an address: write https://host or https://host:port"),
    "ca without tls": ({"endpoint_url": "http://s3.internal", "ca_file": "/ca.crt"}, "has a ca_file, and an endpoint_url without TLS"),
    "must be thawed": ({"storage_class": {"full": "DEEP_ARCHIVE"}}, "Input should be 'STANDARD'"),
    "lock": ({"object_lock": {"mode": "governance"}}, "Extra inputs are not permitted"),
}


@pytest.mark.parametrize(("given", "told"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_and_what_was_typed_is_not(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as fault:
        S3Options.model_validate({"bucket": "vault", **given})
    assert told in str(fault.value)
    assert "hunter2" not in str(fault.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8333", "https://s3.internal", "https://s3.internal/", "https://[::1]:9000"])
def test_the_address_of_a_service_is_taken_as_it_is(url: str) -> None:
    assert S3Options(bucket="vault", endpoint_url=url).endpoint == url


def test_without_an_address_it_is_amazons() -> None:
    assert S3Options(bucket="vault").endpoint == "Amazon S3"


def test_a_class_belongs_to_each_kind_of_backup() -> None:
    classes = StorageClasses(full="GLACIER_IR", incremental="STANDARD_IA", differential="INTELLIGENT_TIERING")
    assert [classes.of(kind) for kind in Kind] == ["GLACIER_IR", "STANDARD_IA", "INTELLIGENT_TIERING", "STANDARD"]


def test_only_classes_that_charge_for_reading_are_costly() -> None:
    classes = StorageClasses(full="GLACIER_IR", incremental="STANDARD_IA", differential="INTELLIGENT_TIERING")
    assert classes.costly == {Kind.FULL, Kind.INCREMENTAL}
