"""The examples of the guide to backups are what the settings take."""

import re
import tomllib
from pathlib import Path

from workers.command import BEST_EFFORT
from workers.gentle import silent
from workers.plans import Throttle

PAGE = Path("docs/guides/backup.md")


def test_the_throttle_of_the_guide_is_one_that_a_plan_can_have():
    [text] = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    throttle = Throttle.model_validate(tomllib.loads(text)["plans"]["database"]["throttle"])
    gentle = throttle.gentle(silent)
    assert throttle.rate == 20 << 20
    assert (gentle.manners.nice, gentle.manners.io, gentle.ceiling.most) == (10, (BEST_EFFORT, 7), 40)
