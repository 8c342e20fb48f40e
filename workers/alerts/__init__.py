"""Who is told: the table of channels. It holds strings, so that a host that tells nobody imports nothing.

Stands beside stores and sources and knows neither; the facts come from above.
"""

from importlib import import_module
from typing import cast

from pydantic import SecretStr

from workers.errors import Permanent
from workers.ports import Channel
from workers.settings import Settings

CHANNELS = {"slack": "workers.alerts.slack:SlackChannel"}


def open_channels(settings: Settings, event: str) -> tuple[Channel, ...]:
    """The channels that want to hear of an event. Raises Permanent, naming the secret, where a channel's address is missing."""
    return tuple(open_channel(name, _webhook(settings, name)) for name in CHANNELS if event in _events(settings, name))


def open_channel(name: str, webhook: SecretStr) -> Channel:
    """A channel by its name in the table."""
    module, kind = CHANNELS[name].split(":")
    return cast(Channel, getattr(import_module(module), kind)(webhook))


def _events(settings: Settings, name: str) -> tuple[str, ...]:
    row = getattr(settings.alerts, name)
    return row.events if row else ()


def _webhook(settings: Settings, name: str) -> SecretStr:
    secret = settings.secret(f"alerts_{name}_webhook")
    if secret is None:
        raise Permanent(
            f"secret alerts_{name}_webhook is missing: write the webhook's address to {settings.secrets_dir}/alerts_{name}_webhook"
        )
    return secret
