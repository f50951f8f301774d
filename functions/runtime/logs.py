"""Structured logs: one JSON object a line, with nothing in it that is secret."""

import json
import logging
import re
import sys
import time
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")

# Interaction tokens stand in Discord's webhook paths; bearer and bot tokens in headers.
SECRETS = re.compile(
    r"(?P<keep>/webhooks/\d+/|/interactions/\d+/|Bearer |Bot |postgresql://[^:@/\s]*:)"
    r"[^\s/@\"']+"
)
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
# Names that hold what people wrote or a secret: whoever logs them by mistake logs nothing.
PRIVATE = frozenset(
    {
        "token",
        "secret",
        "password",
        "authorization",
        "cookie",
        "text",
        "content",
        "question",
        "answer",
        "quote",
        "body",
    }
)


def redact(message: str) -> str:
    """Blank out tokens and passwords."""
    return SECRETS.sub(r"\g<keep>[redacted]", message)


class JsonFormatter(logging.Formatter):
    """Write a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; extra fields are kept unless their name is private."""
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if identity := request_id.get():
            line["request_id"] = identity
        for name, value in record.__dict__.items():
            if name not in STANDARD:
                line[name] = "[redacted]" if name in PRIVATE else redact(str(value))
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def configure_logs(level: str = "INFO") -> None:
    """Send every log line of this process to stderr as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # One line a request of ours is enough; httpx would also log URLs that carry tokens.
    for noisy in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
