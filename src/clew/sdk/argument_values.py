"""Chosen arguments of a call as attributes."""

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from clew.sdk.attribute_values import clean_value

_LOG = logging.getLogger(__name__)
_MISSING = inspect.Parameter.empty
_Place = tuple[str, int | None, Any]


class ArgumentReader:
    """Of one function, whose signature is looked at once: a call then costs a look per argument, and no binding."""

    def __init__(self, function: Callable[..., Any], names: Iterable[str]) -> None:
        """Names that the function doesn't take are left out, with a warning."""
        parameters = _parameters_of(function)
        self._places: list[_Place] = []
        for name in names:
            parameter = parameters.get(name)
            if parameter is None:
                _LOG.warning(
                    "%r takes no argument %r, which can't become an attribute; correct its name", function, name
                )
            else:
                self._places.append(_place(parameter, list(parameters).index(name)))

    def read(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Name to value, clean; one that was not passed has its default, or is left out."""
        found = {}
        for name, index, default in self._places:
            if index is not None and index < len(args):
                value = args[index]
            else:
                value = kwargs.get(name, default)
            if value is not _MISSING:
                found[name] = clean_value(value, None)
        return found


def _parameters_of(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):  # compiled code may have none
        return {}


def _place(parameter: inspect.Parameter, index: int) -> _Place:
    """`*args` and `**kwargs` themselves have no value of their own and are never found."""
    by_position = parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return parameter.name, index if by_position else None, parameter.default
