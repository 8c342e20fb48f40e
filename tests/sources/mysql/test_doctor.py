"""The preflight says everything, raises nothing, changes nothing."""

from pathlib import Path

from pydantic import SecretStr

from workers.sources.mysql.doctor import examine
from workers.sources.mysql.options import MysqlOptions


def _findings(ground, name: str, user: str | None = None, **changes: object):
    server = ground.target(name, user, **changes)
    return {finding.what: finding for finding in examine(server.options, server.password)}


def test_a_well_kept_server_is_fine_in_every_point_that_matters(ground) -> None:
    found = _findings(ground, ground.database("CREATE TABLE t (i INT PRIMARY KEY)"))
    wrong = {what for what, finding in found.items() if not finding.ok}
    assert wrong <= {"sync_binlog", "net_write_timeout"}
    assert {"login", "server", "dump program", "client program", "database", "engines", "log_bin", "binlog_format", "clock"} <= found.keys()


def test_what_is_wrong_comes_with_what_would_mend_it(ground) -> None:
    found = _findings(ground, ground.database("CREATE TABLE t (i INT) ENGINE=MyISAM"), other_engines="refuse")
    assert (found["engines"].ok, found["engines"].found) == (False, "t (MyISAM)")
    assert all(finding.remedy for finding in found.values() if not finding.ok)


def test_a_missing_privilege_comes_with_its_grant(ground) -> None:
    name = ground.database()
    user = ground.account(f"SELECT ON `{name}`.*")
    found = _findings(ground, name, user)["privilege TRIGGER"]
    assert (found.ok, found.remedy) == (False, f"GRANT TRIGGER ON `{name}`.* TO '{user}'@'%';")


def test_a_wrong_password_is_the_only_finding(ground) -> None:
    options = ground.target("mysql", ground.account()).options
    [finding] = examine(options, SecretStr("wrong"))
    assert (finding.ok, finding.what) == (False, "login")
    assert "wrong" not in finding.found


def test_an_unknown_database_and_missing_tools_are_findings_among_others(ground, tmp_path: Path) -> None:
    found = _findings(ground, "nowhere", tools=tmp_path)
    assert "database 'nowhere' does not exist" in found["database"].found
    assert f"in {tmp_path}; install" in found["dump program"].found
    assert found["log_bin"].ok


def test_a_server_that_is_away_is_a_finding() -> None:
    [finding] = examine(MysqlOptions(socket=Path("/nowhere.sock"), user="u", databases=["d"]), None)
    assert finding.found.startswith("no MySQL or MariaDB server answers at /nowhere.sock")
