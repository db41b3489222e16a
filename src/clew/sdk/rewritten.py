"""What functions that were given spans at their import refer to."""

from collections.abc import Callable
from typing import Any

from clew.sdk.call_site import CallSite
from clew.sdk.open_span import begin_call
from clew.sdk.traced import wrap_function

span_of_call = begin_call
"""Around the body of a function."""


def site_in(module: str, function: str) -> CallSite:
    """One for each function of a module."""
    return CallSite(module, function, attributes={"code.function.name": f"{module}.{function}"})


def span_of_turns(site: CallSite) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a generator function of either kind."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        return wrap_function(function, site)

    return decorate
