"""Who asks, for the audit log and the history of strategies."""

from clew.api.refusals import AnyRequest
from clew.errors import BadQuery

_MOST_WHO = 200


def who_asks(said: str, request: AnyRequest) -> str:
    """As the client says, and where it asks from. Raises BadQuery for a text that is too long."""
    if len(said) > _MOST_WHO:
        raise BadQuery("who", f"has {len(said)} characters; {_MOST_WHO} are the most")
    address = request.client.host if request.client is not None else "unknown"
    return f"{said} ({address})" if said else address
