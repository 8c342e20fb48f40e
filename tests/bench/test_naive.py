"""The naive scripts really fail where they fail, so that no figure is about half of the work."""

from types import SimpleNamespace

import pytest

from tests.bench.naive import Naive
from workers.errors import Permanent


def test_a_dump_that_fails_is_told_with_its_words(mariadb, s3, tmp_path):
    naive = Naive(SimpleNamespace(database=mariadb, s3=s3), tmp_path)
    with pytest.raises(Permanent, match=r"(?s)status [1-9].*Unknown database"):
        naive.backup()


def test_its_backup_comes_back_and_lies_in_the_bucket(mariadb, s3, tmp_path):
    naive = Naive(SimpleNamespace(database=mariadb, s3=s3), tmp_path)
    mariadb.run("CREATE DATABASE community", "CREATE TABLE community.t (id INT PRIMARY KEY)", "INSERT INTO community.t VALUES (1), (2)")
    try:
        naive.backup()
        naive.restore("community_naive")
        with mariadb.admin("community_naive") as connection, connection.cursor() as cursor:
            assert cursor.execute("SELECT id FROM t") == 2
        keys = {found["Key"] for found in s3.client.list_objects_v2(Bucket="community-backups", Prefix="naive/")["Contents"]}
        assert keys == {"naive/community.sql.gz", "naive/community.sql.gz.md5"}
        naive.tidy()
        assert list(naive.work.iterdir()) == []
    finally:
        mariadb.run("DROP DATABASE community", "DROP DATABASE IF EXISTS community_naive")
