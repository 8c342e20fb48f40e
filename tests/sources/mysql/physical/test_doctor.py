"""What a physical full lacks is told beforehand, with the line that mends it; the least privileges are enough."""

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pymysql
import pytest

from compose.local.database import Database
from tests.sources.mysql.conftest import Ground
from tests.sources.mysql.physical.conftest import source_of, take
from workers.errors import Permanent
from workers.ports import Finding
from workers.sources.mysql.physical.privileges import needs
from workers.sources.mysql.source import MysqlSource

OF_ITS_OWN = ("net_write_timeout", "sync_binlog", "engines")  # the tests' servers are set up for speed, and other tests use them


def said(source: MysqlSource) -> dict[str, Finding]:
    return {finding.what: finding for finding in source.check()}


def test_all_is_well_where_everything_is_there(shop: MysqlSource) -> None:
    found = said(shop)
    assert {"server program", "data directory", "log_bin"} <= found.keys()
    assert [what for what, finding in found.items() if not finding.ok and what not in OF_ITS_OWN] == []
    assert shop.size() > 10_000_000


def test_the_least_privileges_make_a_backup_and_each_one_left_out_is_named(
    ground: Ground, cloning: Database, near: Path, tmp_path: Path
) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY) ENGINE=InnoDB;")
    least = [f"{need.names[0]} ON *.*" for need in needs(ground.server)]
    for left_out in least:
        poor = source_of(ground, name, near, ground.account(*(grant for grant in least if grant != left_out)))
        word = left_out.partition(" ON ")[0]
        with pytest.raises(Permanent, match=f"lacks {word} for a physical backup; paste as an administrator") as caught:
            take(poor, tmp_path)
        finding = said(poor)[f"privilege {word}"]
        assert re.findall(r"GRANT [^;]+;", caught.value.reason) == [finding.remedy]
    ground.execute(finding.remedy)
    assert f"{name}.t" in {count.name for count in take(poor, tmp_path).facts.counts}


@pytest.mark.only("mysql")
def test_a_missing_plugin_is_named_with_its_line(ground: Ground, cloning: Database, near: Path, tmp_path: Path) -> None:
    source = source_of(ground, ground.database(), near)
    cloning.run("UNINSTALL PLUGIN clone")
    try:
        assert said(source)["clone plugin"].remedy == "INSTALL PLUGIN clone SONAME 'mysql_clone.so';"
        with pytest.raises(Permanent, match=r"INSTALL PLUGIN clone SONAME 'mysql_clone\.so'"):
            take(source, tmp_path)
    finally:
        with suppress(pymysql.err.OperationalError):
            cloning.run("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")


@pytest.mark.only("mysql")
def test_a_table_of_which_a_clone_copies_no_row_is_told_before_and_after(
    ground: Ground, cloning: Database, near: Path, tmp_path: Path
) -> None:
    name = ground.database("CREATE TABLE old (i INT) ENGINE=MyISAM; INSERT INTO old VALUES (1);")
    source = source_of(ground, name, near)
    assert f"{name}.old (MyISAM)" in said(source)["engines"].found
    with pytest.raises(Permanent, match=rf"a clone copies no row of tables that are not InnoDB: .*{name}\.old \(MyISAM\)"):
        take(source, tmp_path)


def test_a_disk_without_room_for_a_copy_is_told_with_what_is_missing(shop: MysqlSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1 << 20})())
    finding = said(shop)["room for a copy"]
    assert re.fullmatch(r"make room in .*, or let scratch_dir name a larger disk: [\d,]+ MiB are missing", finding.remedy)


def test_a_server_program_of_another_series_is_told(shop: MysqlSource, tmp_path: Path) -> None:
    poor = replace(shop, options=shop.options.model_copy(update={"tools": tmp_path}))
    finding = said(poor)["programs"]
    assert not finding.ok
