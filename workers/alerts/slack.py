"""Slack, through an incoming webhook. The address is a secret: it is in no exception, log line or repr.

Slack's own yes is status 200 with the body `ok`; everything else is a failure, told in Slack's words.
"""

import logging
import re
from http.client import HTTPException
from urllib.parse import urlsplit

from pydantic import SecretStr
from slack_sdk.webhook import WebhookClient, WebhookResponse

from workers.alerts.blocks import blocks, fallback
from workers.errors import Failure, Permanent, Transient
from workers.ports import Message

TIMEOUT = 20  # seconds for one try to connect, and for each read
ADDRESS = re.compile(r"https?://[!-~]+")
QUIET = logging.Logger("canvasback.slack", logging.CRITICAL + 1)  # slack_sdk writes the address into its debug log


class Later(Transient):
    """Slack asked for patience: `retry_after` is in seconds."""

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class SlackChannel:
    """One Slack channel behind one incoming webhook."""

    name = "slack"

    def __init__(self, webhook: SecretStr) -> None:
        """Raises Permanent where the secret is no address."""
        self._webhook = SecretStr(webhook.get_secret_value().strip())
        if not _is_address(self._webhook.get_secret_value()):
            raise Permanent("secret alerts_slack_webhook is no address; one looks like https://hooks.slack.com/services/…")

    def send(self, message: Message) -> None:
        """Post once. Transient for 429 (with `retry_after`), 5xx and a Slack that cannot be reached; Permanent for any other no."""
        client = WebhookClient(self._webhook.get_secret_value(), timeout=TIMEOUT, logger=QUIET, retry_handlers=[])
        try:
            answer = client.send(text=fallback(message), blocks=blocks(message), unfurl_links=False)
        except TimeoutError:
            raise Transient(f"Slack did not answer within {TIMEOUT} s") from None
        except (OSError, HTTPException) as error:  # `from None`: what urllib says can hold the address
            raise Transient(f"Slack cannot be reached: {self._hidden(error)}") from None
        except (ValueError, LookupError) as error:
            raise Transient(f"Slack's answer is no text: {type(error).__name__}") from None
        if answer.status_code != 200 or answer.body.strip() != "ok":
            raise self._no(answer)

    def _no(self, answer: WebhookResponse) -> Failure:
        said = f"{answer.status_code} {self._hidden(answer.body) or 'without a word'}"
        if answer.status_code == 429:
            return Later(f"Slack asks for patience: {said}", _seconds(answer))
        if answer.status_code >= 500 or answer.status_code == 408:
            return Transient(f"Slack answered {said}")
        return Permanent(f"Slack refused the message: {said}; look at the secret alerts_slack_webhook and the app in Slack")

    def _hidden(self, said: object) -> str:
        """What the other side said, in one short line and without the address or its path, which proxies like to quote."""
        address = self._webhook.get_secret_value()
        text = str(said).replace(address, "…")
        path = "/" + address.split("://", 1)[1].partition("/")[2]
        return " ".join((text.replace(path, "…") if len(path) > 1 else text).split())[:200]


def _is_address(text: str) -> bool:
    try:
        return bool(ADDRESS.fullmatch(text) and urlsplit(text).hostname and urlsplit(text).port != 0)
    except ValueError:  # brackets or a port that are none
        return False


def _seconds(answer: WebhookResponse) -> float:
    """What `Retry-After` asks for; 0 where it is missing or no number of seconds."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    asked = str(headers.get("retry-after", ""))
    return float(asked) if re.fullmatch(r"\d{1,6}", asked) else 0.0
