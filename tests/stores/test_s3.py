"""The store `s3` against SeaweedFS: the contract, and every refusal that it can be brought to."""

import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from compose.local.authority import Authority
from compose.local.s3 import BUCKET, READER, S3
from tests.contracts.store import KEY, StoreContract, form, put, read
from tests.stores.wire import Wire, line
from workers.artifact import Kind
from workers.command import die_with_parent
from workers.errors import Permanent, Refused, Transient
from workers.ports import Store
from workers.stores.options import S3Options
from workers.stores.retrying import RetryingStore
from workers.stores.s3 import S3Store, kind_of

PLACE = "uploads/20261122T000000Z-full-9f3a11c2"
MANIFEST = KEY.partition("segments/")[0] + "manifest.json"
Make = Callable[..., S3Store]


@pytest.fixture
def room() -> str:
    """A prefix that no other test has."""
    return secrets.token_hex(8)


@pytest.fixture
def make(s3: S3, room: str) -> Make:
    """A store in this test's own prefix; options and login may be others."""

    def made(login: tuple[str, str] | None = None, **options: object) -> S3Store:
        chosen = {"bucket": BUCKET, "prefix": room, "endpoint_url": s3.url, **options}
        key, secret = login or s3.login()
        return S3Store("s3", S3Options.model_validate(chosen), SecretStr(key), SecretStr(secret))

    return made


@pytest.fixture
def store(make: Make) -> S3Store:
    return make()


@pytest.fixture
def wire(s3: S3) -> Iterator[Wire]:
    with line(s3.port) as made:
        yield made


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """A server that speaks TLS."""
    root = tmp_path_factory.mktemp("secure")
    with S3(root / "s3", authority=Authority(root / "tls")) as server:
        yield server


class TestS3Store(StoreContract):
    @pytest.fixture
    def fresh(self, store: S3Store) -> Store:
        return store


VERBS: dict[str, Callable[[Store], object]] = {  # by the operation that a refusal names
    "PutObject": lambda store: put(store, KEY, b"hello"),
    "GetObject": lambda store: read(store, KEY),
    "HeadObject": lambda store: store.stat(KEY),
    "ListObjectsV2": lambda store: list(store.list("")),
    "DeleteObject": lambda store: store.remove(KEY),
    "free": lambda store: store.free(),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_missing_bucket_is_named_by_every_verb(make: Make, s3: S3, verb: str) -> None:
    with pytest.raises(Permanent, match=f"store s3: there is no bucket nowhere at {s3.url}; make it, or mend stores.s3.bucket"):
        VERBS[verb](make(bucket="nowhere"))


@pytest.mark.parametrize("verb", VERBS)
def test_a_wrong_key_id_is_told_as_that_by_every_verb(make: Make, s3: S3, verb: str) -> None:
    with pytest.raises(Permanent, match=f"{s3.url} does not know the access key id; mend the secrets stores_s3_access_key_id") as told:
        VERBS[verb](make(("nobody", "hunter2")))
    assert "nobody" not in told.value.reason


@pytest.mark.parametrize("verb", VERBS)
def test_a_wrong_secret_is_told_as_that_by_every_verb(make: Make, s3: S3, verb: str) -> None:
    with pytest.raises(Permanent, match="the secret access key is not that of the access key id; mend the secrets") as told:
        VERBS[verb](make((s3.login()[0], "hunter2")))
    assert "hunter2" not in told.value.reason


@pytest.mark.parametrize(("verb", "right"), [("PutObject", "s3:PutObject"), ("DeleteObject", "s3:DeleteObject")])
def test_a_right_that_is_missing_is_named_with_the_object(make: Make, s3: S3, room: str, verb: str, right: str) -> None:
    told = f"store s3: 403 AccessDenied: {verb} on {BUCKET}/{room}/{KEY}; the account needs {right} there"
    with pytest.raises(Permanent, match=told):
        VERBS[verb](make(s3.login(READER)))


def test_an_account_that_may_only_read_can_restore(make: Make, s3: S3, store: S3Store) -> None:
    put(store, KEY, b"hello")
    reader = make(s3.login(READER))
    assert read(reader, KEY) == b"hello"
    assert [found.key for found in reader.list("")] == [KEY]


def test_the_service_vouches_for_the_sha256_of_what_it_took(store: S3Store) -> None:
    put(store, KEY, b"hello")
    found = store.stat(KEY)
    assert found
    assert found.sha256 == form(b"hello").sha256


def test_bytes_that_were_damaged_on_the_way_never_appear(make: Make, wire: Wire, store: S3Store) -> None:
    wire.swap = (b"hello", b"jello")
    with pytest.raises(Transient, match=f"{KEY}; the bytes were damaged on the way"):
        put(make(endpoint_url=wire.url), KEY, b"hello world")
    assert store.stat(KEY) is None


def test_a_put_whose_answer_was_lost_is_success_the_next_time(make: Make, wire: Wire) -> None:
    wire.lost = 1
    store = RetryingStore(make(endpoint_url=wire.url), pause=0.01)
    put(store, KEY, b"hello")
    assert (wire.lost, read(store, KEY)) == (0, b"hello")


def test_an_answer_that_breaks_off_is_no_short_object(make: Make, wire: Wire) -> None:
    store = make(endpoint_url=wire.url)
    put(store, KEY, bytes(1 << 20))
    wire.cut = 1 << 19
    with pytest.raises(Transient, match=f"store s3 at {wire.url} does not answer: GetObject on .*{KEY}"):
        read(store, KEY)


def test_a_connection_is_used_again(make: Make, wire: Wire) -> None:
    store = make(endpoint_url=wire.url)
    for number in range(5):
        put(store, f"a/{number}", b"hello")
        read(store, f"a/{number}")
    assert wire.connections == 1


def test_an_object_that_somebody_copied_there_is_compared_by_its_bytes(store: S3Store, s3: S3, room: str) -> None:
    s3.client.put_object(Bucket=BUCKET, Key=f"{room}/{KEY}", Body=b"hello")
    found = store.stat(KEY)
    assert found
    assert found.sha256 is None
    put(store, KEY, b"hello")
    with pytest.raises(Permanent, match="holds another object"):
        put(store, KEY, b"jello")


def test_what_strangers_keep_in_the_bucket_is_passed_over(store: S3Store, s3: S3, room: str) -> None:
    put(store, "a/1", b"hello")
    for key in (f"{room}x/a/2", f"{room}/a/.hidden", "stranger"):
        s3.client.put_object(Bucket=BUCKET, Key=key, Body=b"theirs")
    assert [found.key for found in store.list("")] == ["a/1"]


def test_without_a_prefix_the_whole_bucket_is_the_store(make: Make, room: str) -> None:
    put(make(prefix=""), f"{room}/a", b"hello")
    assert [found.key for found in make(prefix="").list(room)] == [f"{room}/a"]
    assert read(make(prefix=room), "a") == b"hello"


@pytest.mark.parametrize(("key", "expected"), [(KEY, "GLACIER_IR"), (KEY.replace("full", "log"), None), (MANIFEST, None), ("a/b/c", None)])
def test_segments_have_the_class_of_their_kind_and_manifests_never(make: Make, s3: S3, room: str, key: str, expected: str | None) -> None:
    put(make(storage_class={"full": "GLACIER_IR"}), key, b"hello")
    assert s3.client.head_object(Bucket=BUCKET, Key=f"{room}/{key}").get("StorageClass") in (expected, expected or "STANDARD")


@pytest.mark.parametrize("key", ["segments/1", "a", "a/segments/1", MANIFEST, KEY + "/more", f"{PLACE}/segments/000003.index.zst.age"])
def test_what_is_no_segment_of_a_backup_has_no_kind(key: str) -> None:
    assert kind_of(key) is None
    assert kind_of(f"{PLACE}/segments/000003.pack.zst.age") is Kind.FULL


def test_half_a_login_is_refused() -> None:
    options = S3Options(bucket=BUCKET)
    with pytest.raises(Refused, match="secret stores_s3_access_key_id is there and stores_s3_secret_access_key is missing"):
        S3Store("s3", options, SecretStr("id"))
    with pytest.raises(Refused, match="secret stores_s3_secret_access_key is there and stores_s3_access_key_id is missing"):
        S3Store("s3", options, None, SecretStr("secret"))


def test_secrets_do_not_print(s3: S3, store: S3Store) -> None:
    shown = f"{store!r} {vars(store)} {store._login!r} {store._told!r}"
    assert [secret for secret in s3.login() if secret in shown] == []


def test_a_segment_costs_no_memory_of_its_size(s3: S3, room: str, tmp_path: Path) -> None:
    grown = [measured(s3, room, tmp_path, size << 20) for size in (1, 96)]
    assert grown[1] - grown[0] < 24 << 10


GROWTH = """
import resource, sys
from pathlib import Path
from pydantic import SecretStr
from compose.local.s3 import BUCKET, S3
from workers.transforms.checksum import form_of
from workers.stores.options import S3Options
from workers.stores.s3 import S3Store
server, room, file = S3(Path(sys.argv[1])), sys.argv[2], Path(sys.argv[3])
login = [SecretStr(word) for word in server.login()]
store = S3Store("s3", S3Options(bucket=BUCKET, prefix=room, endpoint_url=server.url), *login)
store.put(file.name, file, form_of(file))
with store.open(file.name) as copy:
    assert form_of(copy) == form_of(file)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def measured(s3: S3, room: str, folder: Path, size: int) -> int:
    """The most memory, in KiB, of a process that puts a file of this size and reads it back."""
    file = folder / str(size)
    file.write_bytes(secrets.token_bytes(1 << 20) * (size >> 20))
    argv = [sys.executable, "-c", GROWTH, str(s3.folder), room, str(file)]
    return int(subprocess.run(argv, capture_output=True, text=True, check=True, preexec_fn=die_with_parent).stdout)


def test_over_tls_the_file_of_the_authority_is_trusted(make: Make, secure: S3) -> None:
    assert secure.authority
    store = make(secure.login(), endpoint_url=secure.url, ca_file=str(secure.authority.ca))
    put(store, KEY, b"hello")
    assert read(store, KEY) == b"hello"


def test_a_certificate_of_nobody_we_know_is_told_with_the_key_that_helps(make: Make, secure: S3) -> None:
    told = f"store s3: the certificate of {secure.url} is not trusted: .*; name the file of its authority in stores.s3.ca_file"
    with pytest.raises(Permanent, match=told):
        make(secure.login(), endpoint_url=secure.url).free()


def test_a_certificate_of_another_authority_is_not_trusted(make: Make, secure: S3, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="is not trusted"):
        make(secure.login(), endpoint_url=secure.url, ca_file=str(Authority(tmp_path).ca)).free()


def test_a_missing_file_of_the_authority_is_named(make: Make, secure: S3) -> None:
    with pytest.raises(Permanent, match=r"/nowhere/ca\.crt is missing"):
        make(secure.login(), endpoint_url=secure.url, ca_file="/nowhere/ca.crt").free()


def test_a_file_of_the_authority_that_holds_no_certificate_is_named(make: Make, secure: S3, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("no certificate")
    with pytest.raises(Permanent, match=r"name the file of its authority in stores\.s3\.ca_file"):
        make(secure.login(), endpoint_url=secure.url, ca_file=str(tmp_path / "ca.crt")).free()
