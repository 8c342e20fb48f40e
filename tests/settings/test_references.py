"""Rows that name other rows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workers.settings import load

Write = Callable[[str], Path]
Faults = Callable[..., list[tuple[str, str]]]
HOSTS = "(hosts: db1, files1, search1, control)"

CASES = {
    "host": ('host = "db1"', 'host = "db9"', "targets.community.host", f'no host "db9"; did you mean "db1"? {HOSTS}'),
    "host of nothing near": ('host = "db1"', 'host = "zzz"', "targets.community.host", f'no host "zzz" {HOSTS}'),
    "plan": ('plan = "database"', 'plan = "data"', "targets.community.plan", 'no plan "data"; did you mean "database"? (plans: database)'),
    "required": ('["nas"]', '["nass"]', "plans.database.required", 'no store "nass"; did you mean "nas"? (stores: nas, second)'),
    "sync": ('sync = ["second"]', 'sync = ["s3"]', "plans.database.sync", 'no store "s3" (stores: nas, second)'),
    "target of a service": (
        'targets = ["community"]',
        'targets = ["posts"]',
        "services.database.targets",
        'no target "posts" (targets: community)',
    ),
    "need": (
        '["database"]',
        '["databse"]',
        "services.core_api.needs",
        'no service "databse"; did you mean "database"? (services: database, core_api)',
    ),
    "role": (
        'host = "db1"',
        'host = "files1"',
        "targets.community.host",
        '"files1" has role "files", mysql needs a host with role "database"',
    ),
    "store named twice": (
        'sync = ["second"]',
        'sync = ["nas"]',
        "plans.database",
        'names the store "nas" twice; once in required or sync is enough',
    ),
    "circle": (
        'rto = "1h"\nt',
        'rto = "1h"\nneeds = ["core_api"]\nt',
        "services.core_api.needs",
        "a circle: core_api → database → core_api; nothing in it could come back first",
    ),
    "circle of one": (
        '["database"]',
        '["core_api"]',
        "services.core_api.needs",
        "a circle: core_api → core_api; nothing in it could come back first",
    ),
    "no control": (
        'role = "control"',
        'role = "search"',
        "hosts",
        'no host has role "control", which starts and tells; add [hosts.control] with role = "control"',
    ),
}


@pytest.mark.parametrize(("old", "new", "key", "sentence"), CASES.values(), ids=CASES)
def test_each_wrong_reference_is_one_fault(example: str, faults: Faults, old: str, new: str, key: str, sentence: str) -> None:
    assert old in example
    assert faults(example.replace(old, new, 1)) == [(key, sentence)]


def test_a_wrong_reference_is_told_beside_a_wrong_type_elsewhere(example: str, faults: Faults) -> None:
    found = faults(example.replace('host = "db1"', 'host = "db9"').replace("level = 3", "level = 0"))
    assert [key for key, _ in found] == ["plans.database.compress.level", "targets.community.host"]


def test_where_there_is_nothing_to_name_it_says_so(faults: Faults) -> None:
    text = '[broker]\nurl = "redis://h"\n[hosts.control]\nrole = "control"\n[plans.p]\nrequired = ["nas"]\n'
    assert faults(text) == [("plans.p.required", 'no store "nas" (stores: none)')]


RATE = 'priority = "P0"\n[plans.database.throttle]\nrate = "20MiB"\n'
MORE = RATE + "nice = 3\nload = { most = 40 }\n"


def test_a_source_that_starts_no_program_can_be_told_a_rate_and_no_more(example: str, faults: Faults, write: Callable[[str], Path]) -> None:
    redis = example.replace('"mysql"', '"redis"').replace("community.mysql", "community.redis")
    for line in ('user = "canvasback"', 'databases = ["community"]', 'duplicates = ["users.email"]'):
        redis = redis.replace(f"{line}\n", "")
    told = "its throttle has nice and load, which redis cannot keep; give this target a plan with no more than a rate"
    assert faults(redis.replace('priority = "P0"\n', MORE, 1)) == [("targets.community.plan", told)]
    for text in (redis.replace('priority = "P0"\n', RATE, 1), example.replace('priority = "P0"\n', MORE, 1)):
        assert load(write(text)).plans["database"].throttle.rate == 20 << 20


@pytest.mark.parametrize("value", ["true", '"yes"', "1"])
def test_a_target_that_holds_secrets_needs_a_plan_that_encrypts(example: str, faults: Faults, write: Write, value: str) -> None:
    text = example.replace('host = "db1"', f'host = "db1"\nsensitive = {value}', 1)
    assert load(write(text)).targets["community"].sensitive
    lines = [line for line in text.splitlines() if not line.startswith("recipients")]
    (fault,) = faults("\n".join(lines))
    assert fault[0] == "targets.community.sensitive"
    assert fault[1].startswith('plan "database" has no recipients; give it some')


BORG = """
[targets.uploads]
source = "borg"
host = "files1"
plan = "files"
[targets.uploads.borg]
path = "/srv/uploads"
[plans.files]
required = {stores}
[stores.bucket]
kind = "s3"
bucket = "community-backups"
"""


@pytest.mark.parametrize(
    ("stores", "sentence"),
    [
        ('["bucket"]', '"files" requires store "bucket" of kind s3, borg keeps its repository in local only; restic knows both'),
        ('["nas", "second"]', '"files" requires 2 stores, borg keeps its repository in 1; restic copies to more'),
    ],
)
def test_a_repository_that_its_stores_cannot_hold_is_refused_with_what_can(
    example: str, faults: Faults, stores: str, sentence: str
) -> None:
    assert faults(example + BORG.format(stores=stores)) == [("targets.uploads.plan", sentence)]


@pytest.mark.parametrize(
    ("source", "more"),
    [("restic", "name it under required"), ("borg", "leave it out, or take restic, which keeps one in each required store")],
)
def test_a_store_under_sync_is_refused_where_no_repository_would_come_to_it(example: str, faults: Faults, source: str, more: str) -> None:
    text = (example + BORG.format(stores='["nas"]\nsync = ["bucket"]')).replace("borg", source)
    sentence = f'"files" has store "bucket" under sync, where {source} keeps no repository: {more}'
    assert faults(text) == [("targets.uploads.plan", sentence)]


@pytest.mark.parametrize(("source", "stores"), [("borg", '["nas"]'), ("restic", '["bucket"]'), ("restic", '["nas", "second"]')])
def test_a_repository_that_its_stores_can_hold_is_none(example: str, write: Callable[[str], Path], source: str, stores: str) -> None:
    text = example + BORG.format(stores=stores).replace("borg", source)
    assert load(write(text)).targets["uploads"].source == source
