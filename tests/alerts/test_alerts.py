"""The table of channels."""

from pathlib import Path

import pytest

from workers import alerts
from workers.errors import Permanent
from workers.settings import Settings


def settings(folder: Path, *events: str) -> Settings:
    document = {
        "secrets_dir": str(folder),
        "broker": {"url": "redis://127.0.0.1:6379/0"},
        "hosts": {"control": {"role": "control"}},
        "alerts": {"slack": {"events": events}} if events else {},
    }
    return Settings.model_validate(document)


def secret(folder: Path, text: str) -> None:
    file = folder / "alerts_slack_webhook"
    file.write_text(text)
    file.chmod(0o600)


def test_a_channel_hears_of_the_events_it_asked_for(tmp_path: Path) -> None:
    secret(tmp_path, "https://hooks.slack.com/services/T/B/X")
    asked = settings(tmp_path, "failure", "outdated")
    assert [channel.name for channel in alerts.open_channels(asked, "failure")] == ["slack"]
    assert alerts.open_channels(asked, "success") == ()


def test_without_a_channel_nobody_is_told(tmp_path: Path) -> None:
    assert alerts.open_channels(settings(tmp_path), "failure") == ()


def test_a_missing_address_names_its_secret_and_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=rf"secret alerts_slack_webhook is missing: .* {tmp_path}/alerts_slack_webhook"):
        alerts.open_channels(settings(tmp_path, "failure"), "failure")


@pytest.mark.parametrize("name", alerts.CHANNELS)
def test_every_channel_of_the_table_has_its_name_and_its_row_in_the_settings(name: str, tmp_path: Path) -> None:
    secret(tmp_path, "https://hooks.slack.com/services/T/B/X")
    assert [channel.name for channel in alerts.open_channels(settings(tmp_path, "failure"), "failure")] == [name]
