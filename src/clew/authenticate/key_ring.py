"""The keys of a running server: found by their secrets, and the same as on disk within half a second."""

import hmac
import logging
import threading
import time
from collections.abc import Callable

from clew.authenticate.grant import Grant
from clew.authenticate.key import Key
from clew.authenticate.key_directory import KeyDirectory, KeyListing, Signature
from clew.authenticate.key_meter import KeyCounts, KeyMeter
from clew.authenticate.secret import digest_of
from clew.errors import ConfigurationError, Unauthenticated

_LOG = logging.getLogger(__name__)

LOOK_INTERVAL_S = 0.5
_SAVE_INTERVAL_S = 10.0
_BUCKET_DIGITS = 16
"""The part of a digest that a dictionary looks for; the rest is compared in constant time."""


class KeyRing:
    """From any thread. `start` begins to watch the directory; without it the keys are those of the first look."""

    def __init__(self, directory: KeyDirectory, now_unix_nano: Callable[[], int] = time.time_ns) -> None:
        self._directory = directory
        self._now_unix_nano = now_unix_nano
        self._signature: Signature = directory.signature()
        self._keys: dict[str, Key] = {}
        self._has_keys = False
        self._meters: dict[str, KeyMeter] = {}
        self._tenants: dict[str, str] = {}
        self._last_used = directory.load_last_used()
        self._saved = dict(self._last_used)
        self._complaint = ""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="clew-keys", daemon=True)
        self._take(directory.load())

    @property
    def has_keys(self) -> bool:
        """Whether there ever was one, good or not: the last key that is revoked must not open the door."""
        return self._has_keys

    def start(self) -> None:
        """Look for changes from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking, and write down when keys were last used."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        self._save()

    def find(self, secret: str) -> Grant:
        """What the bearer of a secret may do; raises Unauthenticated with the reason."""
        digest = digest_of(secret)
        key = self._keys.get(digest[:_BUCKET_DIGITS])
        if key is None or not hmac.compare_digest(key.digest, digest):
            raise Unauthenticated("this key is unknown; `clew keys create` makes one")
        now = self._now_unix_nano()
        state = key.state(now)
        if state != "active":
            raise Unauthenticated(f"the key {key.name} is {state}; `clew keys create` makes another")
        self._last_used[key.name] = now
        meter = self._meters[key.name]
        return Grant(key.name, key.tenant, key.rights, frozenset(key.services), key.limits, meter)

    def counts(self) -> dict[tuple[str, str], KeyCounts]:
        """The figures of each key by (name, tenant)."""
        return {(name, self._tenants[name]): meter.counts() for name, meter in sorted(self._meters.copy().items())}

    def look(self) -> None:
        """Take over what changed on disk. What can't be read leaves the keys as they are, with a complaint."""
        try:
            signature = self._directory.signature()
            if signature != self._signature:
                self._take(self._directory.load())
                self._signature = signature
            self._complain("")
        except ConfigurationError as error:
            self._complain(str(error))

    def _take(self, listing: KeyListing) -> None:
        for name, reason in listing.broken.items():
            _LOG.error("the key %s is not accepted: %s", name, reason)
        for key in listing.keys.values():
            self._meters.setdefault(key.name, KeyMeter(key.limits)).limit(key.limits)
            self._tenants[key.name] = key.tenant
        self._has_keys = self._has_keys or bool(listing.keys or listing.broken)
        self._keys = {key.digest[:_BUCKET_DIGITS]: key for key in listing.keys.values()}

    def _complain(self, complaint: str) -> None:
        if complaint and complaint != self._complaint:
            _LOG.error("%s; until then the keys are those of before", complaint)
        self._complaint = complaint

    def _watch(self) -> None:
        saved_s = time.monotonic()
        while not self._closing.wait(LOOK_INTERVAL_S):
            self.look()
            if time.monotonic() - saved_s >= _SAVE_INTERVAL_S:
                saved_s = time.monotonic()
                self._save()

    def _save(self) -> None:
        moments = self._last_used.copy()
        if moments == self._saved:
            return
        try:
            self._directory.save_last_used(moments)
            self._saved = moments
        except OSError as error:
            self._complain(f"when keys were last used can't be written ({error.strerror})")
