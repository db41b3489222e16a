"""`clew keys`: create, list and revoke keys, in the data directory itself.

No port does that: whoever may write the data directory may write everything in it anyhow, and a key for making keys
would be one more secret to lose. A running Clew sees each change within half a second.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from clew.authenticate.key import Key, Right
from clew.authenticate.key_directory import KEYS, KeyDirectory
from clew.authenticate.limit_text import format_limits, parse_limits
from clew.authenticate.secret import digest_of, new_secret
from clew.errors import BadQuery, ConfigurationError
from clew.model.duration import parse_duration_ns
from clew.model.moment import format_moment

_MAY = {Right.SEND: "send", Right.READ: "read", Right.METRICS: "read metrics", Right.ADMIN: "administer Clew"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, as it was written."""

    name: str
    tenant: str
    rights: frozenset[Right]
    services: Sequence[str] = ()
    limits: Sequence[str] = ()
    expires: str = ""


def rights_of(**wanted: bool) -> frozenset[Right]:
    """The rights that are asked for by name; to send where none is."""
    return frozenset(right for right in Right if wanted.get(right.value)) or frozenset({Right.SEND})


def create_key(data_dir: Path, wanted: Wanted, as_json: bool) -> int:
    """Makes a key and writes its secret to stdout, this once. Raises BadQuery when it can't be as it is wanted."""
    _check_services(wanted)
    secret, now = new_secret(), time.time_ns()
    key = Key(
        name=wanted.name,
        tenant=wanted.tenant,
        digest=digest_of(secret),
        rights=wanted.rights,
        created_unix_nano=now,
        services=tuple(wanted.services),
        limits=parse_limits(wanted.limits),
        expires_unix_nano=now + _lifetime_ns(wanted.expires) if wanted.expires else None,
    )
    directory = KeyDirectory(data_dir / KEYS)
    try:
        directory.add(key)
    except ConfigurationError as error:
        raise BadQuery("the key", str(error)) from error
    if as_json:
        return _write_json({"key": secret, **_shown(key, None)})
    sys.stdout.write(f"{secret}\n")
    _note(
        f"this is the only time that it is shown; {_purpose(key)}; kept as a hash in {directory.directory.absolute()}"
    )
    return 0


def _check_services(wanted: Wanted) -> None:
    """Services restrict what is sent: who thinks that they restrict reading must hear it."""
    if not wanted.services or wanted.rights == {Right.SEND}:
        return
    if Right.SEND not in wanted.rights and Right.ADMIN not in wanted.rights:
        raise BadQuery("--service", "restricts sending, and this key can't send; a key reads all traces of its tenant")
    _note("--service restricts what is sent with the key; what it reads is the whole tenant's")


def list_keys(data_dir: Path, as_json: bool) -> int:
    """Writes all keys, without secrets; 1 when there is a file that is no key."""
    directory = KeyDirectory(data_dir / KEYS)
    listing, used = directory.load(), directory.load_last_used()
    shown = [_shown(key, used.get(key.name)) for _, key in sorted(listing.keys.items())]
    if as_json:
        _write_json({"keys": shown, "broken": listing.broken})
    elif not shown:
        _note(f"there is no key in {directory.directory.absolute()}")
    for each in shown if not as_json else ():
        sys.stdout.write(_line(each) + "\n")
    for name, reason in listing.broken.items():
        _note(f"{name} is not accepted: {reason}")
    return int(bool(listing.broken))


def revoke_key(data_dir: Path, name: str, as_json: bool) -> int:
    """Ends a key for good; its name stays, so that logs and metrics go on meaning it."""
    directory = KeyDirectory(data_dir / KEYS)
    key = directory.find(name)
    if key.revoked_unix_nano is None:
        key = msgspec.structs.replace(key, revoked_unix_nano=time.time_ns())
        directory.replace(key)
    if as_json:
        return _write_json(_shown(key, directory.load_last_used().get(name)))
    _note(f"{name} is revoked; a running Clew refuses it within two seconds")
    return 0


def _lifetime_ns(text: str) -> int:
    try:
        lifetime_ns = parse_duration_ns(text)
    except ValueError as error:
        raise BadQuery("--expires", f"{text!r} is no time; write it like 12h or 30d") from error
    if text.strip().isdigit() or not 0 < lifetime_ns < 2**62:
        raise BadQuery("--expires", f"{text!r} is no time from now on; write it like 12h or 30d")
    return lifetime_ns


def _shown(key: Key, last_used: int | None) -> dict[str, Any]:
    return {
        "name": key.name,
        "tenant": key.tenant,
        "state": key.state(time.time_ns()),
        "rights": [right.value for right in Right if right in key.rights],
        "services": list(key.services),
        "limits": format_limits(key.limits),
        "created_unix_nano": str(key.created_unix_nano),
        "expires_unix_nano": _moment(key.expires_unix_nano),
        "revoked_unix_nano": _moment(key.revoked_unix_nano),
        "last_used_unix_nano": _moment(last_used),
    }


def _moment(unix_nano: int | None) -> str | None:
    return None if unix_nano is None else str(unix_nano)


def _line(shown: dict[str, Any]) -> str:
    used = shown["last_used_unix_nano"]
    parts = [
        f"{shown['name']:<20}  {shown['state']:<7}  {shown['tenant']:<12}  {','.join(shown['rights']):<9}",
        f"used {format_moment(int(used))}" if used else "never used",
    ]
    if shown["expires_unix_nano"]:
        parts.append(f"until {format_moment(int(shown['expires_unix_nano']))}")
    if shown["services"]:
        parts.append(f"services {json.dumps(shown['services'], ensure_ascii=True)}")
    if shown["limits"]:
        parts.append(shown["limits"])
    return "  ".join(parts)


def _purpose(key: Key) -> str:
    rights = ", ".join(_MAY[right] for right in Right if right in key.rights)
    return f"{key.name} is for tenant {key.tenant}, to {rights}"


def _note(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def _write_json(answer: Any) -> int:
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0
