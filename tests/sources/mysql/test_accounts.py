"""Accounts come back able to log in, and never over one that exists."""

import io

from workers.sources.mysql.accounts import read_accounts
from workers.sources.mysql.script import Thing, read


def _of(ground, *names: str):
    with ground.session("mysql") as session:
        return [made for made in read_accounts(ground.server, session) if made.name.split("@")[0] in names]


def test_an_account_comes_back_with_its_password_and_grants(ground) -> None:
    name = ground.database()
    user = ground.account(f"SELECT ON `{name}`.*", password="it''s #1 \\\\ 한글")
    made = _of(ground, user)
    ground.execute(f"DROP USER '{user}'@'%'")
    ground.execute(*(definition.sql for definition in made))
    assert ground.target(name, user, password="it's #1 \\ 한글").flavour is ground.server.flavour
    assert _of(ground, user) == made


def test_loading_accounts_again_changes_no_password(ground) -> None:
    user = ground.account("PROCESS ON *.*", password="old")
    made = _of(ground, user)
    ground.execute(f"ALTER USER '{user}'@'%' IDENTIFIED BY 'new'")
    ground.execute(*(definition.sql for definition in made))
    assert ground.target("mysql", user, password="new").version == ground.server.version


def test_roles_come_before_the_accounts_that_hold_them(ground) -> None:
    user, role = ground.account(), f"r{ground.folder.name[-8:]}"
    ground.execute(f"CREATE ROLE '{role}'", f"GRANT PROCESS ON *.* TO '{role}'", f"GRANT '{role}' TO '{user}'@'%'")
    ground.execute(f"SET DEFAULT ROLE '{role}' {'FOR' if ground.maria else 'TO'} '{user}'@'%'")
    made = _of(ground, user, role)
    ground.execute(f"DROP USER '{user}'@'%'", f"DROP ROLE '{role}'")
    try:
        ground.execute(*(definition.sql for definition in made))
        assert [definition.kind for definition in made][:2] == [Thing.ROLE, Thing.ACCOUNT]
        assert _of(ground, user, role) == made
    finally:
        ground.execute(f"DROP ROLE '{role}'")


def test_system_accounts_and_plain_passwords_are_not_in_the_segment(ground) -> None:
    user = ground.account(password="plain text word")
    dumped = ground.dump(ground.target(ground.database()))
    text = dumped.text("accounts")
    assert user in text
    assert "plain text word" not in text
    assert not {"mysql.sys", "mysql.session", "mysql.infoschema", "mariadb.sys"} & {
        made.name.split("@")[0] for made in read(io.BytesIO(text.encode()))
    }


def test_without_accounts_in_the_settings_none_are_carried(ground) -> None:
    assert "accounts" not in ground.dump(ground.target(ground.database(), accounts=False)).parts
