"""`load`: one file in, typed settings out, or every fault at once."""

import re
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from workers.errors import Refused
from workers.settings import load
from workers.sources import SOURCES
from workers.sources.mysql.options import MysqlOptions
from workers.stores.options import LocalOptions

Write = Callable[[str], Path]
Faults = Callable[..., list[tuple[str, str]]]
VALUES = ('"x"', "5", "-1", "1.5", "true", "[]", "[[1]]", "{}", "{ a = 1 }", "1979-05-27", '""', '"\\u0000"', "[{}]", '"1h"', "inf")


def test_the_example_becomes_typed_settings(example: str, write: Write) -> None:
    found = load(write(example))
    plan = found.plans["database"]
    assert (found.time_zone.key, found.spool.bytes) == ("Asia/Seoul", 96 << 20)
    assert (plan.required, plan.sync, plan.compress.level, plan.verify, plan.streams) == (("nas",), ("second",), 3, None, None)
    assert (plan.objectives.rpo, plan.deadline) == (timedelta(hours=1), timedelta(hours=12))
    assert found.stores["nas"].options == LocalOptions(path=Path("/mnt/nas/canvasback"))
    assert isinstance(found.targets["community"].options, MysqlOptions)
    assert found.services["core_api"].needs == ("database",)


def test_a_short_file_is_enough(write: Write) -> None:
    found = load(write('[broker]\nurl = "redis://127.0.0.1:6379/0"\n[hosts.control]\nrole = "control"\n'))
    assert (found.time_zone.key, found.secrets_dir, found.spool.path) == (
        "Asia/Seoul",
        Path("/etc/canvasback/secrets"),
        Path("/var/spool/canvasback"),
    )
    assert found.alerts.slack is None


def test_all_faults_come_in_one_aligned_list_ordered_by_key(example: str, write: Write) -> None:
    text = example.replace('host = "db1"', 'host = "db01"').replace("within", "whithin").replace('path = "/mnt/second"\n', "")
    path = write(text)
    with pytest.raises(Refused) as refused:
        load(path)
    assert refused.value.reason == (
        f"{path}: 3 faults\n"
        '  plans.database.retention.whithin   unknown key; did you mean "within"?\n'
        "  stores.second.path                 missing\n"
        '  targets.community.host             no host "db01"; did you mean "db1"? (hosts: db1, files1, search1, control)'
    )


def test_kinds_of_a_later_release_are_refused_for_their_kind_alone(example: str, faults: Faults) -> None:
    text = example + '[stores.old]\nkind = "tape"\ndrive = "/dev/st0"\nbarcodes = { full = "A0*" }\noff_site = true\n'
    text += '[targets.uploads]\nsource = "punched"\nhost = "files1"\nplan = "database"\n'
    text += '[targets.uploads.punched]\npath = "/srv"\nexclude = ["*.tmp"]\n'
    assert faults(text) == [
        ("stores.old.kind", 'no kind "tape" (known: local, s3)'),
        ("targets.uploads.source", f'no source "punched" (known: {", ".join(SOURCES)})'),
    ]


def test_no_fault_shows_what_was_typed_where_a_secret_may_stand(example: str, faults: Faults) -> None:
    text = example.replace("redis.internal", "me:hunter2@redis.internal").replace('user = "c', 'password = "hunter2"\nuser = "c')
    found = faults(text)
    assert len(found) == 2
    assert "hunter2" not in str(found)


def test_settings_cannot_be_changed(example: str, write: Write) -> None:
    found = load(write(example))
    with pytest.raises(ValidationError):
        found.spool.bytes = 1  # type: ignore[misc]


def test_a_host_that_does_not_exist_is_named(example: str, faults: Faults) -> None:
    assert faults(example, host="db2") == [("hosts", 'no host "db2"; did you mean "db1"? (hosts: db1, files1, search1, control)')]


def test_the_address_of_the_broker_carries_its_secrets_and_does_not_print(example: str, write: Write, folder: Path) -> None:
    for name, content in (("broker_user", "canvas\n"), ("broker_password", "p@ss/word\n")):
        (folder / name).write_text(content)
        (folder / name).chmod(0o600)
    url = load(write(example)).broker_url()
    assert url.get_secret_value() == "rediss://canvas:p%40ss%2Fword@redis.internal:6379/0?ssl_cert_reqs=required"
    assert "word" not in f"{url} {url!r}"


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("rediss://r:1/0", "rediss://r:1/0?ssl_cert_reqs=required"),
        ("rediss://r:1/0?socket_timeout=5", "rediss://r:1/0?socket_timeout=5&ssl_cert_reqs=required"),
    ],
)
def test_tls_always_proves_the_server(example: str, write: Write, url: str, resolved: str) -> None:
    text = example.replace("rediss://redis.internal:6379/0", url)
    assert load(write(text)).broker_url().get_secret_value() == resolved


def loads_or_refuses(text: str) -> None:
    """Whatever stands in the file, nothing but Refused comes out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "canvasback.toml"
        path.write_text(text.replace("SECRETS", folder))
        try:
            load(path, host="control")
        except Refused as refused:
            found = refused.reason
        else:
            found = "no faults"
        assert "fault" in found


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_mangled_keys_and_values_are_refused_and_never_crash(data: st.DataObject) -> None:
    lines = (Path(__file__).with_name("conftest.py")).read_text().split('"""')[3].splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        if data.draw(st.booleans()):
            key = re.search(r"[a-z_0-9]+", lines[at])
            lines[at] = (
                lines[at].replace(key[0], data.draw(st.sampled_from((key[0][:-1] or "x", key[0] + "x", '"ä ."', "options"))), 1)
                if key
                else "x = 1"
            )
        else:
            lines[at] = re.sub(r"= .*", lambda _: f"= {data.draw(st.sampled_from(VALUES))}", lines[at])
    loads_or_refuses("\n".join(lines))


@settings(deadline=None, max_examples=60)
@given(
    section=st.sampled_from(("hosts", "stores", "plans", "targets", "services", "alerts", "spool", "broker")), value=st.sampled_from(VALUES)
)
def test_a_section_of_any_type_is_refused_and_never_crashes(section: str, value: str) -> None:
    loads_or_refuses(f'{section} = {value}\n[targets.x]\nsource = "mysql"\n' if section != "targets" else f"{section} = {value}\n")
