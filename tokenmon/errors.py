"""The errors meant for a person; each class stands for one exit code.

Apart from everything else because every floor raises them and only `cli.main` catches them.
"""


class TokenmonError(Exception):
    """A failure with a message, an optional hint and an exit code.

    Args:
        message: what happened, to what; lower case, one line, no full stop.
        hint: a command or an action that helps, or None.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(TokenmonError):
    """Wrong usage or configuration: exit code 2."""

    exit_code = 2


class TemporaryError(TokenmonError):
    """A failure that may pass, such as a locked database: exit code 3."""

    exit_code = 3


class UnusableDatabaseError(TokenmonError):
    """The database is damaged or lets nobody in, whatever is asked of it; the journal waits (exit code 1)."""


class QuotaExceededError(TokenmonError):
    """`quota check` found an exceeded quota: exit code 4."""

    exit_code = 4


class NotFoundError(TokenmonError):
    """A named thing does not exist; the HTTP API answers 404 (exit code 1)."""


class ConflictError(TokenmonError):
    """A named thing exists already; the HTTP API answers 409 (exit code 1)."""


class CancelledError(TokenmonError):
    """Whoever asked gave a reading up, and waits for no answer (exit code 1)."""
