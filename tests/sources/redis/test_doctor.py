"""What `doctor()` says about a Redis, and that each remedy is the right one."""

from pydantic import SecretStr

from tests.sources.redis.hands import source, words
from workers.sources.redis import broker
from workers.sources.redis.session import Server


def findings(server, **changes):
    return {finding.what: finding for finding in source(server.server(**changes)).check()}


def test_a_server_that_is_right_has_nothing_to_mend(full):
    wrong = [words(finding) for finding in findings(full).values() if not finding.ok and finding.what != "vm.overcommit_memory"]
    assert wrong == []


def test_a_wrong_password_is_the_only_finding(full):
    [found] = source(Server(full.options(), SecretStr("wrong"))).check()
    assert (found.ok, found.what) == (False, "login")
    assert "wrong" not in words(found).replace("wrong password", "")


def test_the_broker_itself_is_warned_about(full):
    full.client().zadd(broker.LEDGER, {"run": 1})
    found = findings(full)["broker"]
    assert not found.ok
    assert "apart from your data" in found.remedy


def test_a_copy_on_the_servers_disk_and_a_delay_are_named_with_their_commands(redis7):
    slow = findings(redis7(repl_diskless_sync_delay="5"))["repl-diskless-sync-delay"]
    disk = findings(redis7(repl_diskless_sync="no"))["repl-diskless-sync"]
    assert "CONFIG SET repl-diskless-sync-delay 0" in slow.remedy
    assert "CONFIG SET repl-diskless-sync yes" in disk.remedy


def test_a_save_that_failed_and_what_it_stops_are_told(redis7):
    server = redis7(save="3600 1", dbfilename="taken")
    (server.folder / "taken").mkdir()
    server.client().set("a", 1)
    server.client().bgsave()
    while server.client().info("persistence")["rdb_last_bgsave_status"] == "ok":
        pass
    assert "REFUSES WRITES" in findings(server)["last save"].found
    server.kill()  # it would not stop without a save


def test_a_replica_that_is_out_of_step_is_told_with_both_ways_out(full):
    full.client().execute_command("REPLICAOF", "127.0.0.1", "1")
    found = findings(full)["role"]
    assert not found.ok
    assert "REPLICAOF NO ONE" in found.remedy


def test_programs_that_are_missing_or_too_old_are_named(full, tmp_path):
    found = findings(full, tools=tmp_path)
    assert "install redis-server 7.0.15 or later" in found["scratch server"].remedy
    assert 'prove = "crc"' in found["redis-check-rdb"].remedy


def test_a_folder_of_another_machine_is_told_to_those_who_save(full, tmp_path):
    assert findings(full, method="bgsave")["folder"].ok


def test_append_only_files_that_are_off_are_told_to_those_who_read_them(redis7):
    assert "CONFIG SET appendonly yes" in findings(redis7(appendonly="no"), method="aof")["appendonly"].remedy
    assert findings(redis7(appendonly="yes"), method="aof")["appendonly"].ok


def test_rights_that_are_missing_are_told_and_the_rest_is_looked_at(full):
    full.client().execute_command("ACL", "SETUSER", "narrow", "on", ">word", "~*", "+@all", "-config")
    server = Server(full.options(user="narrow"), SecretStr("word"))
    found = {finding.what: finding for finding in source(server).check()}
    assert "CONFIG GET is not allowed" in found["settings"].found
    assert "scratch server" in found
