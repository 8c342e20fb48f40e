"""A sink that stands where Slack's incoming webhooks stand: it checks every payload against Slack's limits and keeps what it accepts.

It can be told to answer as Slack does on a bad day: 404 `no_service`, 429 with `Retry-After`, 500.
Limits: Slack's block kit reference (blocks, section, header, context) and the page on incoming webhooks. One is stricter:
Slack cuts a message's `text` at 40,000 characters, the sink refuses it, because a cut alert is a defect.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

from compose.local.server import Server

HOOK = "/services/T000/B000/XXXXXXXX"
MESSAGE, BLOCKS, TEXT, HEADER, FIELDS, FIELD, ELEMENTS = 40_000, 50, 3000, 150, 10, 2000, 10
KINDS = {"header", "section", "context", "divider", "actions", "image", "rich_text", "markdown"}
BAD_DAYS = {404: "no_service", 429: "rate_limited", 500: "internal_error"}


def fault(payload: Any) -> str | None:
    """Slack's word for what is wrong with a payload, or None."""
    if not isinstance(payload, dict):
        return "invalid_payload"
    text, blocks = payload.get("text", ""), payload.get("blocks", [])
    if not text and not blocks:
        return "no_text"
    if not isinstance(text, str) or len(text) > MESSAGE:
        return "invalid_payload"
    if not isinstance(blocks, list) or len(blocks) > BLOCKS or any(not _sound(block) for block in blocks):
        return "invalid_blocks"
    return None


def _sound(block: Any) -> bool:
    if not isinstance(block, dict) or block.get("type") not in KINDS:
        return False
    if block["type"] == "header":
        return _text(block.get("text"), HEADER, "plain_text")
    if block["type"] == "context":
        return _texts(block.get("elements"), ELEMENTS, TEXT)
    if block["type"] == "section":
        text = "text" not in block or _text(block["text"], TEXT)
        return text and ("text" in block if "fields" not in block else _texts(block["fields"], FIELDS, FIELD))
    return True


def _texts(found: Any, most: int, longest: int) -> bool:
    return isinstance(found, list) and 1 <= len(found) <= most and all(_text(text, longest) for text in found)


def _text(found: Any, most: int, *kinds: str) -> bool:
    kinds = kinds or ("plain_text", "mrkdwn")
    return isinstance(found, dict) and found.get("type") in kinds and isinstance(found.get("text"), str) and 1 <= len(found["text"]) <= most


class Sink:
    """The sink inside this process. `messages` are the payloads that it said yes to."""

    def __init__(self, port: int = 0) -> None:
        """It listens from now on; `start` answers."""
        self.messages: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self._bad: list[int] = []
        self._always = 0
        self._lock = threading.Lock()  # each request has a thread
        self.wait = 1
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self.port = self._http.server_address[1]

    @property
    def url(self) -> str:
        """The webhook."""
        return f"http://127.0.0.1:{self.port}{HOOK}"

    def answer(self, status: int, times: int = 0, wait: int = 1) -> None:
        """Answer so for the next requests, or until told otherwise (`times` 0); 200 is a good day. `wait`: Retry-After in seconds."""
        with self._lock:
            self._bad, self._always, self.wait = [status] * times, 0 if times or status == 200 else status, wait

    def judge(self, body: bytes) -> tuple[int, str]:
        """Status and text for one request."""
        with self._lock:
            status = self._bad.pop(0) if self._bad else self._always
        if status:
            return status, BAD_DAYS.get(status, "fatal_error")
        try:
            payload = json.loads(body)
        except ValueError:
            return 400, "invalid_payload"
        wrong = fault(payload)
        if wrong:
            self.refused.append(wrong)
            return 400, wrong
        self.messages.append(payload)
        return 200, "ok"

    def start(self) -> Self:
        """Answer, in a thread."""
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        """Answer no more."""
        self._http.shutdown()
        self._http.server_close()

    def serve(self) -> None:
        """Answer, in this thread."""
        self._http.serve_forever()


def _handler(sink: Sink) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # http.server's name
            """A webhook, or `/control`: `{"status": 429, "times": 2, "wait": 1}`."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path == "/control":
                sink.answer(**json.loads(body))
                self._reply(200, "ok")
            elif self.path == HOOK:
                self._reply(*sink.judge(body))
            else:
                self._reply(404, "no_service")

        def do_GET(self) -> None:  # http.server's name
            """`/messages`: what was accepted; `/pid`: which process answers."""
            self._reply(200, str(os.getpid()) if self.path == "/pid" else json.dumps(sink.messages, ensure_ascii=False))

        def _reply(self, status: int, text: str) -> None:
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", str(sink.wait))
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing: the path is a secret where Slack is real."""

    return Handler


class Slack(Server):
    """The sink as a process of its own."""

    name = "slack"

    @property
    def url(self) -> str:
        """The webhook."""
        return f"http://127.0.0.1:{self.port}{HOOK}"

    @property
    def addresses(self) -> tuple[str, ...]:
        """The webhook, and where to read what came."""
        return (f"SLACK_WEBHOOK={self.url}", f"SLACK_SINK=http://127.0.0.1:{self.port}/messages")

    def argv(self) -> list[str]:
        """The command line."""
        return [sys.executable, "-m", "compose.local.slack", str(self.port)]

    def environment(self) -> dict[str, str]:
        """It is started from anywhere."""
        return {"PYTHONPATH": str(Path(__file__).parents[2])}

    def ready(self) -> bool:
        """Whether this very process answers; another one may have taken the port."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/pid", timeout=5) as answer:  # loopback
                return int(answer.read()) == self.pid
        except (OSError, ValueError):
            return False

    def messages(self) -> list[dict[str, Any]]:
        """What it accepted so far."""
        with urlopen(f"http://127.0.0.1:{self.port}/messages", timeout=5) as answer:  # loopback
            found: list[dict[str, Any]] = json.load(answer)
            return found

    def answer(self, status: int, times: int = 0, wait: int = 1) -> None:
        """See Sink.answer."""
        body = json.dumps({"status": status, "times": times, "wait": wait}).encode()
        urlopen(Request(f"http://127.0.0.1:{self.port}/control", data=body), timeout=5).close()  # loopback


if __name__ == "__main__":
    Sink(int(sys.argv[1])).serve()
