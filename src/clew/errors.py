"""Every exception of Clew, one tree; each message says what to do next.

ClewError
├── InputRefused              the sender's fault; sending the same again can't help
│   ├── MalformedInput        not the format that it claims to be
│   ├── InputTooLarge         over a size limit, before or after inflating
│   ├── UnsupportedInput      a media type, encoding or signal that isn't stored here
│   └── ForeignPage           from a web page that may not send
├── AccessRefused             who asks may not; nothing was stored, read or changed
│   ├── Unauthenticated       no key, or one that isn't good, or isn't any more
│   └── PermissionDenied      a good key that doesn't allow this
│       └── ForeignService    a good key, but not for the service that is in the request
├── Overloaded                nobody's fault; the same again later will do
│   ├── JournalFull           the journal reached its bound on disk use
│   └── RateExceeded          a key's own limit on spans or bytes per second
├── JournalError              the journal can't keep its promise
│   ├── JournalLocked         another process has this journal open
│   └── JournalClosed         an append after close
├── StoreError                the engine said no
│   ├── StoreLocked           another process has this data directory open
│   ├── MigrationFailed       the schema could not be brought up to date
│   ├── LoadFailed            a journal segment could not be loaded
│   └── UnloadableSegment     a journal segment that no try will ever load
├── RemoteError               a Clew server did not answer, or answered with an error
│   ├── KeyWanted             it is there, and answers only those with a key
│   └── UntrustedServer       it is there, and its certificate can't be verified
├── QueryError                a question that can't be answered
│   ├── BadQuery              a parameter is wrong
│   ├── NotFound              no such trace
│   ├── QueryTooExpensive     over the limit on time, memory or rows
│   └── QueryCancelled        nobody waits for the answer any more, or Clew is stopping
└── ConfigurationError        a setting is wrong; nothing was started
"""


class ClewError(Exception):
    """The root of the tree."""


class ConfigurationError(ClewError):
    """A setting is wrong; nothing was started."""


class InputRefused(ClewError):
    """The sender's fault; sending the same again can't help."""


class MalformedInput(InputRefused):
    """Not the format that it claims to be."""


class InputTooLarge(InputRefused):
    """Over a size limit, before or after inflating."""


class UnsupportedInput(InputRefused):
    """A media type, encoding or signal that isn't stored here."""


class ForeignPage(InputRefused):
    """From a web page that may not send."""


class AccessRefused(ClewError):
    """Who asks may not; nothing was stored, read or changed."""


class Unauthenticated(AccessRefused):
    """No key, or one that isn't good, or isn't any more."""


class PermissionDenied(AccessRefused):
    """A good key that doesn't allow this."""


class ForeignService(PermissionDenied):
    """A good key, but not for the service that is in the request."""


class Overloaded(ClewError):
    """Nobody's fault; the same again later will do.

    `retry_after_s` (seconds, > 0) is what the client is told to wait.
    """

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class JournalFull(Overloaded):
    """The journal reached its bound on disk use."""


class RateExceeded(Overloaded):
    """A key's own limit on spans or bytes per second."""


class JournalError(ClewError):
    """The journal can't keep its promise."""


class JournalLocked(JournalError):
    """Another process has this journal open."""


class JournalClosed(JournalError):
    """An append after close."""


class StoreError(ClewError):
    """The engine said no."""


class StoreLocked(StoreError):
    """Another process has this data directory open."""


class MigrationFailed(StoreError):
    """The schema could not be brought up to date."""


class LoadFailed(StoreError):
    """A journal segment could not be loaded."""


class UnloadableSegment(StoreError):
    """A journal segment that no try will ever load."""


class QueryError(ClewError):
    """A question that can't be answered."""


class BadQuery(QueryError):
    """A parameter is wrong; `key` names it, `reason` is the message without it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}")
        self.key = key
        self.reason = message


class NotFound(QueryError):
    """No such trace."""


class QueryTooExpensive(QueryError):
    """Over the limit on time, memory or rows; the message says how to narrow the search, `key` names the setting."""

    def __init__(self, message: str, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


class QueryCancelled(QueryError):
    """Nobody waits for the answer any more, or Clew is stopping."""


class RemoteError(ClewError):
    """A Clew server did not answer, or answered with an error."""


class KeyWanted(RemoteError):
    """It is there, and answers only those with a key."""


class UntrustedServer(RemoteError):
    """It is there, and its certificate can't be verified."""
