"""A service that answers from a script: the documented refusals of S3 that no server on the loopback can be brought to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ERROR = "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. With `promised`, so many bytes are announced, and the connection ends after those that there are."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    promised: int | None = None


def error(status: int, code: str, message: str = "In other words.", **headers: str) -> Answer:
    """A refusal as Amazon S3 documents it (API reference, "REST error responses")."""
    return Answer(status, ERROR.format(code=code, message=message), tuple(headers.items()))


@dataclass
class Service:
    """Gives its answers in turn, the last one again and again; `asked` are the requests it got."""

    answers: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next(self, request: str) -> Answer:
        self.asked.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def service(*answers: Answer) -> Iterator[Service]:
    """A service on the loopback with this script."""
    made = Service([*answers])
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(made)) as http:
        made.port = http.server_address[1]
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            http.shutdown()
            thread.join()


def _handler(made: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = made.next(f"{self.command} {self.path}")
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name.replace("_", "-"), value)
            body = answer.body.encode()
            self.send_header("Content-Length", str(answer.promised or len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            self.close_connection = answer.promised is not None

        do_GET = do_PUT = do_HEAD = do_DELETE = _answer  # noqa: N815  # the names that http.server asks for

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    return Handler
