"""Who asks, for the audit log and the history of strategies."""

from clew.api.access import grant_of
from clew.api.refusals import AnyRequest
from clew.errors import BadQuery

_MOST_WHO = 200


def who_asks(said: str, request: AnyRequest) -> str:
    """As the client says, which key it has, and where it asks from. Raises BadQuery for a text that is too long."""
    if len(said) > _MOST_WHO:
        raise BadQuery("who", f"has {len(said)} characters; {_MOST_WHO} are the most")
    address = request.client.host if request.client is not None else "unknown"
    grant = grant_of(request)
    asks = address if grant.is_anonymous else f"key {grant.name}, {address}"
    return f"{said} ({asks})" if said else asks
