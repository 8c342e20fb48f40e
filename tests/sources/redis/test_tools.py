"""Redis's own programs."""

import pytest

from tests.sources.redis.conftest import TOOLS
from workers.errors import Refused
from workers.sources.redis import tools
from workers.sources.redis.options import RedisOptions


def options(folder) -> RedisOptions:
    return RedisOptions.model_validate({"host": "r", "tools": folder})


@pytest.mark.parametrize("program", [tools.SERVER, tools.CHECKER])
def test_a_program_is_found_and_says_its_version(program):
    found = tools.find(options(TOOLS), program)
    assert found == TOOLS / program
    assert tools.version(found) == "7.0.15"


def test_valkeys_program_of_the_same_use_counts(tmp_path):
    (tmp_path / "valkey-server").symlink_to(TOOLS / "redis-server")
    assert tools.server(options(tmp_path)) == tmp_path / "valkey-server"


def test_a_server_program_that_is_missing_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(Refused, match=r"no redis-server in .* name its folder in `tools`"):
        tools.server(options(tmp_path))


def test_a_process_of_this_machine_is_known_and_another_with_its_number_is_not(full):
    pid = full.pid
    assert tools.runs_here(pid)
    assert not tools.runs_here(1)
    full.stop()
    assert not tools.runs_here(pid)


def test_a_program_that_says_nothing_has_no_version(tmp_path):
    (silent := tmp_path / "redis-server").write_text("#!/bin/sh\n")
    silent.chmod(0o755)
    assert tools.version(silent) == ""
