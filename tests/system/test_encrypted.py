"""The whole way on MySQL with an encrypting plan: nothing readable lies in the store, and only who has the identity restores."""

import subprocess

import pyrage
import pytest

from compose.demo import community
from compose.local.mysql import MySQL
from compose.local.platform import platform, running
from tests.system.conftest import Ground, client, fill, segments
from tests.system.test_restore import order, restore
from tests.system.tools import Tools
from workers.bench.tools import Tools as Bench
from workers.settings import load

pytestmark = pytest.mark.timeout(180)
IDENTITY = pyrage.x25519.Identity.generate()


@pytest.fixture(scope="module")
def secret(tmp_path_factory):
    """A platform on MySQL whose backups only one identity opens; db1 has it."""
    root = tmp_path_factory.mktemp("secret")
    database = MySQL(root / "database")
    made = platform(root, database)
    with running(made, plan=f'recipients = ["{IDENTITY.to_public()}"]'):
        fill(made)
        settings = load(made.settings)
        yield Ground(made, Tools(root / "tools", database.tools), Bench(settings), client(settings))


def test_an_encrypted_backup_comes_back_equal_with_the_identity_and_not_without(secret):
    entry = secret.whole()
    stored = segments(secret.here.root, entry.run.backup)
    assert stored
    assert all(path.name.endswith(".zst.age") and b"age-encryption.org" in path.read_bytes()[:40] for path in stored)
    failed = secret.ended(restore(secret, order(secret, entry.run.backup, "copy")))
    assert (failed.state, "identity" in failed.reason.reason) == ("failed", True)
    secret.here.write_secrets({"age_identity": str(IDENTITY)})
    done = secret.ended(restore(secret, order(secret, entry.run.backup, "copy")))
    assert done.state == "done", done
    with secret.here.database.admin() as connection:
        assert community.checksums(connection, "copy") == community.checksums(connection)


def test_no_secret_is_in_a_log_a_message_or_the_broker(secret):
    secret.whole()
    secrets = [secret.here.password, secret.here.slack.url, str(IDENTITY)]
    places = [str(secret.here.root / name) for name in ("workers", "redis", "nas", "spool")]
    for word in secrets:
        found = subprocess.run(["grep", "-rlF", word, *places], check=False, capture_output=True, text=True)
        assert found.stdout == "", found.stdout
    assert not [message for message in secret.here.slack.messages() if any(word in str(message) for word in secrets)]
