class LorekeeperError(Exception):
    """Something went wrong on our side. Try again in a moment."""

    status = 500
    code = "internal"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)

    @property
    def message(self) -> str:
        """The sentence a person reads: what happened and what to do."""
        return str(self)


class InvalidRequestError(LorekeeperError):
    """The request could not be understood. Correct it and send it again."""

    status = 400
    code = "invalid_request"


class UnauthenticatedError(LorekeeperError):
    """You are not signed in. Sign in and try again."""

    status = 401
    code = "unauthenticated"


class ForbiddenError(LorekeeperError):
    """You may not do this. Ask an administrator of the server."""

    status = 403
    code = "forbidden"


class NotFoundError(LorekeeperError):
    """There is nothing here under that name or id."""

    status = 404
    code = "not_found"


class ConflictError(LorekeeperError):
    """Somebody else is working on this right now. Try again in a moment."""

    status = 409
    code = "conflict"


class TooLargeError(LorekeeperError):
    """That is too large."""

    status = 413
    code = "too_large"


class RateLimitedError(LorekeeperError):
    """That was too much at once. Wait a little and try again."""

    status = 429
    code = "rate_limited"


class UnavailableError(LorekeeperError):
    """A service this depends on does not answer. Try again in a moment."""

    status = 503
    code = "unavailable"
