"""Each mistake of an operator has one sentence at its key path, which says what would be right."""

from collections.abc import Callable

import pytest

from workers.sources import SOURCES

Faults = Callable[..., list[tuple[str, str]]]

# (what is written, what it becomes, key path, sentence)
CASES = {
    "unknown key": ("weekly = 8", "weakly = 8", "plans.database.retention.weakly", 'unknown key; did you mean "weekly"?'),
    "unknown key of nothing near": ('priority = "P0"', 'zzz = 1\npriority = "P0"', "plans.database.zzz", "unknown key"),
    "unknown section": ("[stores.nas]", "[storez.x]\n[stores.nas]", "storez", 'unknown key; did you mean "stores"?'),
    "argument of the base class": ("[broker]", "_env_file = 1\n[broker]", "_env_file", "unknown key"),
    "unknown key of a store's kind": (
        'path = "/mnt/second"',
        'path = "/mnt/s"\npaths = "x"',
        "stores.second.paths",
        'unknown key; did you mean "path"?',
    ),
    "unknown key of all stores": ("off_site", "offsite", "stores.second.offsite", 'unknown key; did you mean "off_site"?'),
    "unknown key of a source": ('user = "c', 'usr = "c"\nuser = "c', "targets.community.mysql.usr", 'unknown key; did you mean "user"?'),
    "key of a source that stands at the top": (
        'user = "c',
        'scratch = "/srv"\nuser = "c',
        "targets.community.mysql.scratch",
        'unknown key; did you mean "scratch_dir" at the top of the file?',
    ),
    "options is no key": ('plan = "database"', 'plan = "database"\noptions = {}', "targets.community.options", "unknown key"),
    "missing key": ('path = "/mnt/second"\n', "", "stores.second.path", "missing"),
    "missing kind": ('kind = "local"\npath = "/mnt/n', 'path = "/mnt/n', "stores.nas.kind", "missing"),
    "missing broker": ('url = "rediss://redis.internal:6379/0"', "", "broker.url", "missing"),
    "missing options": ("[targets.community.mysql]", "[services.x]", "targets.community.mysql", "missing"),
    "unknown kind": (
        'kind = "local"\npath = "/mnt/s',
        'kind = "locl"\npath = "/mnt/s',
        "stores.second.kind",
        'no kind "locl"; did you mean "local"? (known: local, s3)',
    ),
    "unknown source": (
        'source = "mysql"',
        'source = "postgresql"',
        "targets.community.source",
        f'no source "postgresql" (known: {", ".join(SOURCES)})',
    ),
    "empty required": ('required = ["nas"]', "required = []", "plans.database.required", "should not be empty"),
    "level too high": ("level = 3", "level = 20", "plans.database.compress.level", "should be less than or equal to 19"),
    "level in words": ("level = 3", 'level = "three"', "plans.database.compress.level", "should be a whole number"),
    "list as text": ('required = ["nas"]', 'required = "nas"', "plans.database.required", "should be a list"),
    "table as text": ("compress = { level = 3 }", 'compress = "zstd"', "plans.database.compress", "should be a table"),
    "number as text": ('host = "db1"', "host = 5", "targets.community.host", "should be text in quotes"),
    "switch as text": ("off_site = true", 'off_site = "perhaps"', "stores.second.off_site", "should be true or false"),
    "unknown role": (
        'role = "files"',
        'role = "file"',
        "hosts.files1.role",
        'should be "database", "files", "search" or "control"; did you mean "files"?',
    ),
    "unknown event": ('"outdated", ', '"old", ', "alerts.slack.events[3]", 'should be "success", "failure", "outdated" or "drill"'),
    "size": ('"96MiB"', '"96MB"', "spool.bytes", 'not a size: write a number and B, KiB, MiB, GiB or TiB in quotes, for example "96MiB"'),
    "small spool": (
        '"96MiB"',
        '"1MiB"',
        "spool.bytes",
        "should be at least 8MiB: the plain and the compressed form of a segment lie in it side by side",
    ),
    "duration": (
        'rto = "2h"',
        "rto = 7200",
        "services.core_api.rto",
        'not a duration: write numbers with w, d, h, m or s in quotes, for example "1h", "30d" or "1h30m"',
    ),
    "time zone": ('"Asia/Seoul"', '"Asia/Soul"', "time_zone", 'not a time zone; did you mean "Asia/Seoul"?'),
    "relative path": (
        '"/mnt/second"',
        '"mnt"',
        "stores.second.path",
        "not an absolute path: begin with /, workers do not start in a known folder",
    ),
    "recipient": (
        "age1t7rxyev2z3",
        "age1t7rxyev2z4",
        "plans.database.recipients[1]",
        "not an age recipient: it begins with age1 and has 62 characters (age-keygen prints it)",
    ),
    "name": (
        "[stores.second]",
        '[stores.second]\nkind="local"\npath="/x"\n[stores."Über NAS"]',
        'stores."Über NAS"',
        'not a name: use a-z, 0-9, "_" and "-", begin with a letter or digit, 63 characters at most',
    ),
    "retention of nothing": (
        '{ within = "30d", weekly = 8, monthly = 12 }',
        "{}",
        "plans.database.retention",
        "keeps nothing; give within, daily, weekly, monthly or yearly, or leave retention out to keep everything",
    ),
    "half a check": (", at_least = 1", "", "services.database.checks[1]", "give sql with at_least, or url with status"),
    "two addresses": ('user = "c', 'host = "db"\nuser = "c', "targets.community.mysql", "give exactly one of socket and host"),
    "password in the address": (
        "rediss://redis",
        "rediss://me:hunter2@redis",
        "broker.url",
        "holds a user or password; put them into the secrets broker_user and broker_password",
    ),
    "other broker": (
        "rediss://redis",
        "amqp://redis",
        "broker.url",
        "not the address of a Redis: write redis://host:6379/0, or rediss:// with TLS",
    ),
    "port of the broker": (":6379/0", ":six/0", "broker.url", "not an address: write redis://host:6379/0, or rediss:// with TLS"),
}


@pytest.mark.parametrize(("old", "new", "key", "sentence"), CASES.values(), ids=CASES)
def test_each_mistake_has_one_sentence_at_its_key(example: str, faults: Faults, old: str, new: str, key: str, sentence: str) -> None:
    assert old in example
    assert (key, sentence) in faults(example.replace(old, new, 1))
