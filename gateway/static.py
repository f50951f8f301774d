"""The dashboard's files; every address that is nobody else's shows the dashboard."""

from collections.abc import Mapping
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

BUILT_HERE = Path(__file__).resolve().parent.parent / "frontend" / "dist"
# Names under assets/ carry a hash of what they hold, so they never change.
HASHED = "assets/"
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
# These answer programs: a mistyped address there is an error, not a page.
PROGRAMS = frozenset({"api", "auth", "graphql", "health", "interactions", "readyz"})
NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Lorekeeper</title>
<h1>The dashboard is not built yet</h1>
<p>Lorekeeper itself runs. Build its dashboard with these commands, then open this page again:</p>
<pre>cd frontend
npm ci
npm run build</pre>
</html>
"""


def dashboard_folder(environ: Mapping[str, str]) -> Path:
    """Return where the built dashboard lies: ``LORE_DASHBOARD``, else where a build puts it."""
    return Path(environ.get("LORE_DASHBOARD") or BUILT_HERE)


class Dashboard(StaticFiles):
    """Serves the files of a build; it may be built while this runs."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._index = folder / "index.html"

    async def check_config(self) -> None:
        """Let the folder be missing: :meth:`get_response` says how to build it."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, the dashboard for an address of its own, or how to build it."""
        if path.partition("/")[0] in PROGRAMS:
            raise HTTPException(404)
        if scope["method"] in {"GET", "HEAD"} and not self._index.is_file():
            return HTMLResponse(NOT_BUILT, 503)
        page = "index.html" if path in {"", "."} else path
        try:
            response = await super().get_response(page, scope)
        except HTTPException as error:
            if error.status_code != 404 or page.startswith(HASHED):  # noqa: PLR2004
                raise
            response = await super().get_response("index.html", scope)
        response.headers["cache-control"] = FOREVER if page.startswith(HASHED) else ASK_AGAIN
        return response
