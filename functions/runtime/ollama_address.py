"""What ``OLLAMA_HOST`` means."""

from typing import Final
from urllib.parse import urlsplit

DEFAULT_PORT: Final = 11434


def base_url(host: str) -> str:
    """Return the URL that ``OLLAMA_HOST`` means: ``HOST``, ``HOST:PORT`` or a URL.

    Raises ValueError for a port that is none.
    """
    parts = urlsplit(host if "://" in host else f"//{host}", scheme="")
    # The server's own variable often says where to listen, which is nowhere to call.
    name = "127.0.0.1" if parts.hostname in {None, "0.0.0.0", "::"} else parts.hostname
    name = f"[{name}]" if name and ":" in name else name
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, DEFAULT_PORT)
    return f"{parts.scheme or 'http'}://{name}:{port}{parts.path.rstrip('/')}"
