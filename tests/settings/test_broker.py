"""The broker's table: both sides prove who they are, and nothing in it can switch that off."""

import pytest

from workers.errors import Refused
from workers.settings import load

PLAIN = 'url = "rediss://redis.internal:6379/0"'


@pytest.mark.parametrize("query", ["ssl_cert_reqs=none", "ssl_ca_certs=/ca.pem", "ssl_check_hostname=false"])
def test_an_address_cannot_weaken_tls(example, write, query):
    with pytest.raises(Refused, match=r"broker\.url .*certificates are always proven"):
        load(write(example.replace("6379/0", f"6379/0?{query}")))


def test_files_of_tls_go_into_the_address(example, write, tmp_path):
    for name in ("ca.crt", "host.crt", "host.key"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o600)
    files = "".join(
        f'\n{key} = "{tmp_path / name}"' for key, name in (("ca_file", "ca.crt"), ("cert_file", "host.crt"), ("key_file", "host.key"))
    )
    address = load(write(example.replace(PLAIN, PLAIN + files))).broker_url().get_secret_value()
    assert all(part in address for part in ("ssl_cert_reqs=required", "ssl_ca_certs=", "host.crt", "host.key"))


def test_a_certificate_without_its_key_is_refused(example, write):
    with pytest.raises(Refused, match="belong together"):
        load(write(example.replace(PLAIN, f'{PLAIN}\ncert_file = "/x/host.crt"')))


def test_files_of_tls_for_an_address_without_it_are_refused(example, write):
    with pytest.raises(Refused, match="write rediss://"):
        load(write(example.replace(PLAIN, 'url = "redis://redis.internal:6379/0"\nca_file = "/x/ca.crt"')))


def test_a_missing_file_is_named_with_its_key(example, write):
    settings = load(write(example.replace(PLAIN, f'{PLAIN}\nca_file = "/nowhere/ca.crt"')))
    with pytest.raises(Refused, match=r"/nowhere/ca\.crt is missing \(broker\.ca_file\)"):
        settings.broker_url()


def test_a_key_that_others_can_read_is_refused(example, write, tmp_path):
    for name in ("host.crt", "host.key"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o644)
    files = f'\ncert_file = "{tmp_path}/host.crt"\nkey_file = "{tmp_path}/host.key"'
    with pytest.raises(Refused, match="mode 0644 is wider than 0600"):
        load(write(example.replace(PLAIN, PLAIN + files))).broker_url()
