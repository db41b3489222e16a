"""Parameters that several commands have."""

from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

_SEARCHING = Group("Filters", sort_key=1)

Server = Annotated[str, Parameter(env_var="CLEW_SERVER", help="The address of a running Clew.")]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Write JSON, for programs.")]
DataDir = Annotated[Path | None, Parameter(help="Where `clew up` keeps its data; as set for it.")]
Config = Annotated[
    Path | None, Parameter(env_var="CLEW_CONFIG", help="Settings file of `clew up`; ./clew.toml if there.")
]
Service = Annotated[str, Parameter(group=_SEARCHING, show_default=False, help="A span of this service.")]
Operation = Annotated[str, Parameter(group=_SEARCHING, show_default=False, help="A span with this name.")]
Attributes = Annotated[
    list[str] | None,
    Parameter(
        name="--attr", group=_SEARCHING, negative="", help="A span with this attribute, as key=value; repeatable."
    ),
]
MinDuration = Annotated[
    str, Parameter(group=_SEARCHING, show_default=False, help="The trace took at least this: 250ms, 1.5s, 1m30s.")
]
MaxDuration = Annotated[str, Parameter(group=_SEARCHING, show_default=False, help="The trace took at most this.")]
ErrorOnly = Annotated[
    bool, Parameter(name="--error", group=_SEARCHING, negative="", show_default=False, help="A span that failed.")
]
Condition = Annotated[
    str,
    Parameter(
        name=["--query", "-q"],
        group=_SEARCHING,
        show_default=False,
        help="A condition on that span: 'http.response.status_code >= 500 and not user.id exists'.",
    ),
]
Since = Annotated[
    str, Parameter(group=_SEARCHING, show_default=False, help="The trace began this long ago or later: 15m, 1h, 7d.")
]
Start = Annotated[
    str,
    Parameter(
        group=_SEARCHING,
        show_default=False,
        allow_leading_hyphen=True,
        help="The trace began then or later: 2026-11-20T10:00:00Z, -1h.",
    ),
]
End = Annotated[
    str,
    Parameter(
        group=_SEARCHING, show_default=False, allow_leading_hyphen=True, help="The trace began before that moment."
    ),
]
Faults = Annotated[
    list[str] | None,
    Parameter(
        name="--fault", negative="", help="Make a service of the shop fail: payment=error:0.2, inventory=slow:800ms."
    ),
]

LOCAL_SERVER = "http://127.0.0.1:16686"
