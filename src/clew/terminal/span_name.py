"""Names of spans in little room: what tells two of them apart stays readable."""

import re

from rich.cells import cell_len, set_cell_size

# package.v1.InventoryService/Reserve: who reads a trace knows the package, not the method.
_GRPC_METHOD = re.compile(r"/?(?:\w+\.)+(\w+/\w+)")


def shorten_name(name: str, width: int, ellipsis: str = "…") -> str:
    """The name in at most `width` columns (at least 1): without its gRPC package, then without its middle."""
    if cell_len(name) <= width:
        return name
    if method := _GRPC_METHOD.fullmatch(name):
        name = method[1]
        if cell_len(name) <= width:
            return name
    kept = width - cell_len(ellipsis)
    if kept < 2:
        return set_cell_size(name, max(width, 1))
    # The end of a name says more than its beginning: a method, the last part of a path.
    tail = _last_cells(name, kept - kept // 3)
    return _first_cells(name, kept // 3) + ellipsis + tail


def _first_cells(text: str, width: int) -> str:
    """As many characters as fit from the beginning; never half of a wide one."""
    used = 0
    for at, character in enumerate(text):
        used += cell_len(character)
        if used > width:
            return text[:at]
    return text


def _last_cells(text: str, width: int) -> str:
    return _first_cells(text[::-1], width)[::-1]
