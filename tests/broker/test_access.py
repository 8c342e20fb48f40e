"""A Redis with TLS and a user for each: who may what, who is turned away, and what the turned away are told."""

from urllib.parse import quote

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from compose.local.authority import Authority
from tests.broker.secured import celery, secret, secured
from workers.broker import access, check

OTHERS, MAILBOX = "canvasback:db2.source", "canvasback:/0.celery.pidbox"
HARM = [
    ("KEYS", "*"),
    ("SCAN", "0"),
    ("FLUSHALL",),
    ("FLUSHDB",),
    ("SWAPDB", "0", "1"),
    ("CONFIG", "SET", "appendonly", "no"),
    ("ACL", "LIST"),
    ("SHUTDOWN", "NOSAVE"),
    ("MONITOR",),
    ("CLIENT", "KILL", "TYPE", "normal"),
    ("CLIENT", "TRACKING", "ON", "BCAST"),
    ("PUBSUB", "CHANNELS"),
    ("SCRIPT", "FLUSH"),
    ("FUNCTION", "FLUSH"),
    ("REPLICAOF", "127.0.0.1", "1"),
]


def words(command):
    return " ".join(command)[:60]


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    with secured(tmp_path_factory.mktemp("access")) as ground:
        yield ground


@pytest.fixture
def db1(ground, monkeypatch):
    return ground.redis("db1", monkeypatch)


@pytest.fixture
def operator(ground, monkeypatch):
    return ground.redis("operator", monkeypatch)


@pytest.mark.parametrize(
    "command",
    [
        *HARM,
        ("LRANGE", OTHERS, "0", "-1"),
        ("RPOP", OTHERS),
        ("BRPOP", OTHERS, "1"),
        ("LPUSH", OTHERS, "{}"),
        ("RENAME", "canvasback:db1.source", OTHERS),
        ("BLMOVE", OTHERS, "canvasback:db1.source", "RIGHT", "LEFT", "1"),
        ("EVAL", "return redis.call('RPOP', KEYS[1])", "1", OTHERS),
        ("EVAL", "return redis.call('LPUSH', 'canvasback:db2.source', '{}')", "0"),
        ("HGETALL", "canvasback:unacked:db2.source"),
        ("ZRANGE", "canvasback:unacked_index:db2.source", "0", "-1"),
        ("LRANGE", "canvasback:source@db2.celery.pidbox", "0", "-1"),
        ("LRANGE", "canvasback:control", "0", "-1"),
        ("LPUSH", "canvasback:control", "{}"),
        ("RPOP", "canvasback:reports"),
        ("RPOP", "canvasback:control"),
        ("DEL", "canvasback:control"),
        ("LTRIM", "canvasback:control", "1", "0"),
        ("HGETALL", "canvasback:unacked:control"),
        ("RPOP", "canvasback:1a2b.reply.celery.pidbox"),
        ("SET", "canvasback:beat:leader", "me"),
        ("DEL", "canvasback:ledger:runs"),
        ("ZREM", "canvasback:ledger:untold", "1a2b3c4d"),
        ("HSET", "canvasback:ledger:waiting", "1a2b3c4d", "{}"),
        ("GET", "a key of somebody else"),
        ("PUBLISH", MAILBOX, '{"method": "shutdown"}'),
        ("EVAL", "return redis.call('PUBLISH', ARGV[1], '')", "0", MAILBOX),
        ("SUBSCRIBE", "canvasback:/0.celeryev/task.sent"),
        ("PSUBSCRIBE", "canvasback:*"),
    ],
    ids=words,
)
def test_a_host_may_not(db1, command):
    with pytest.raises(ResponseError, match=r"no permissions|executing the script can't"):
        db1.execute_command(*command)


def test_a_host_may_add_to_the_reports_and_read_and_write_its_own_queues(db1):
    assert db1.lpush("canvasback:reports", "{}")
    assert db1.lpush("canvasback:db1.source", "{}") == 1
    assert db1.rpop("canvasback:db1.source") == "{}"


@pytest.mark.parametrize(
    "command",
    [
        *HARM,
        ("LRANGE", OTHERS, "0", "-1"),
        ("RPOP", "canvasback:control"),
        ("DEL", OTHERS),
        ("HGETALL", "canvasback:unacked:control"),
        ("HSET", "canvasback:ledger:run:1a2b3c4d", "state", "done"),
        ("SET", "canvasback:celery-task-meta-1", "{}"),
        ("DEL", "canvasback:beat:leader"),
        ("SUBSCRIBE", "canvasback:/0.celeryev/task.sent"),
    ],
    ids=words,
)
def test_the_operator_may_not(operator, command):
    with pytest.raises(NoPermissionError):
        operator.execute_command(*command)


def test_the_operator_may_add_to_every_queue_and_read_the_ledger(operator):
    for queue in ("control", "db1.source", "db2.restore"):
        assert operator.lpush(f"canvasback:{queue}", "{}")
    assert operator.zrange("canvasback:ledger:runs", 0, -1) == []


@pytest.mark.parametrize("command", HARM[2:9], ids=words)
def test_control_may_not(ground, monkeypatch, command):
    with pytest.raises(NoPermissionError):
        ground.redis("control", monkeypatch).execute_command(*command)


def test_a_task_for_another_host_fails_loudly_where_it_is_sent(ground, monkeypatch):
    with pytest.raises(Exception, match="permissions to access") as refused:
        celery(ground.as_one("db1", monkeypatch)).send_task("host.sweep", ("1a2b3c4d",), queue="db2.segments", retry=False)
    assert "secret" not in str(refused.value)


def test_what_a_host_binds_leads_no_message_to_it(ground, db1, monkeypatch):
    db1.sadd("canvasback:_kombu.binding.canvasback", "db2.source\x06\x16\x06\x16db1.source")
    root = ground.server.client()
    root.delete("canvasback:db1.source", OTHERS)
    celery(ground.as_one("control", monkeypatch)).send_task("backup.dump", queue="db2.source")
    assert (root.llen("canvasback:db1.source"), root.llen(OTHERS)) == (0, 1)


def test_each_host_has_a_line_and_the_operator_the_last(ground, monkeypatch):
    lines = access.lines(ground.as_one("control", monkeypatch))
    assert [line.split()[1] for line in lines] == ["canvasback-db1", "canvasback-db2", "canvasback-control", "canvasback.operator"]


def test_the_password_of_this_machine_is_printed_as_its_digest_and_every_other_line_has_a_gap(ground, monkeypatch, capsys):
    ground.as_one("db1", monkeypatch)
    assert access.main() == 0
    said = capsys.readouterr().out
    assert f"user canvasback-db1 on #{access.digest(secret('db1'))} " in said
    assert (said.count("<SHA-256 of its password>"), "secret of" in said) == (3, False)


def test_settings_with_faults_print_no_lines(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CANVASBACK_CONFIG", str(tmp_path / "none.toml"))
    assert access.main() == 2
    said = capsys.readouterr()
    assert (said.out, "no settings file" in said.err) == ("", True)


def test_who_has_no_certificate_is_turned_away(ground):
    address = f"{ground.server.url}?ssl_ca_certs={ground.authority.ca}"
    with pytest.raises(RedisError):
        Redis.from_url(address, username="root", password=ground.server.password).ping()
    (finding,) = check.findings(address)
    assert "broker.cert_file (not set)" in finding.remedy


@pytest.mark.parametrize(
    ("variable", "remedy"),
    [
        ("CA_FILE", "broker.ca_file ({ca}) has to be who signed the certificate of Redis"),
        ("CERT_FILE", "broker.key_file ({key}) has to be the key of broker.cert_file ({cert})"),
    ],
)
def test_a_wrong_file_is_named(ground, monkeypatch, tmp_path, variable, remedy):
    other = Authority(tmp_path)
    pair, mine = other.issue("db1"), ground.authority.folder / "db1.key"
    ground.as_one("db1", monkeypatch)
    monkeypatch.setenv(f"CANVASBACK_BROKER__{variable}", str(other.ca if variable == "CA_FILE" else pair.cert))
    (finding,) = check.findings(access.load().broker_url().get_secret_value())
    assert remedy.format(ca=other.ca, cert=pair.cert, key=mine) in finding.remedy


def test_a_certificate_of_another_authority_is_named(ground, monkeypatch, tmp_path):
    pair = Authority(tmp_path).issue("db1")
    ground.as_one("db1", monkeypatch)
    monkeypatch.setenv("CANVASBACK_BROKER__CERT_FILE", str(pair.cert))
    monkeypatch.setenv("CANVASBACK_BROKER__KEY_FILE", str(pair.key))
    (finding,) = check.findings(access.load().broker_url().get_secret_value())
    assert f"broker.cert_file ({pair.cert}) has to be signed by an authority that Redis knows" in finding.remedy


def test_a_wrong_password_is_one_finding_that_does_not_show_it(ground, monkeypatch):
    address = ground.as_one("db1", monkeypatch, password="a wrong one").broker_url().get_secret_value()
    with pytest.raises(AuthenticationError):
        Redis.from_url(address).ping()
    (finding,) = check.findings(address)
    assert (finding.ok, "broker_password" in finding.remedy) == (False, True)
    assert all(word not in finding.found + finding.remedy for word in ("a wrong one", quote("a wrong one")))


@pytest.mark.parametrize("who", ["db1", "control", "operator"])
def test_each_may_ask_what_doctor_asks(ground, monkeypatch, who):
    assert all(finding.ok for finding in check.findings(ground.as_one(who, monkeypatch).broker_url().get_secret_value()))
