"""Routes for sampling strategies: what is in force, setting it, its history."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, SkipValidation

from clew.api.access import FOR_ADMINS
from clew.api.encoded_path import decode_path_parameter
from clew.api.parameters import CatalogueLimit, ServiceInPath, WhoAsks, read_limit
from clew.api.ports import SamplingControl
from clew.api.refusals import DOCUMENTED_NOT_FOUND, DOCUMENTED_REFUSALS, AnyRequest
from clew.api.retention_routes import require_json
from clew.api.sampling_contract import (
    HistoryAnswer,
    ServiceSamplingAnswer,
    ServiceStrategyBody,
    StrategiesAnswer,
    StrategiesBody,
    VersionAnswer,
    service_answer,
    strategies_answer,
    version_answer,
)
from clew.api.who import who_asks
from clew.errors import BadQuery, InputRefused

Sampling = NamedDependency[SkipValidation[SamplingControl]]

_SAMPLING: dict[str, Any] = {
    "tags": ["sampling"],
    "responses": DOCUMENTED_REFUSALS,
    "sync_to_thread": True,
    "opt": FOR_ADMINS,  # strategies name services of all tenants, and hold for all of them
}
_FINDING = _SAMPLING | {"responses": DOCUMENTED_REFUSALS | DOCUMENTED_NOT_FOUND}
_DEFAULT_VERSIONS, _MAX_VERSIONS = 20, 200


@contextmanager
def _named(key: str) -> Iterator[None]:
    """What is wrong in a body is answered as what is wrong in any parameter."""
    try:
        yield
    except InputRefused as error:
        raise BadQuery(key, str(error)) from None


@get("/sampling/strategies", operation_id="getStrategies", summary="Get the sampling strategies in force", **_SAMPLING)
def get_strategies(sampling: Sampling) -> StrategiesAnswer:
    """Those set over this API, and how the strategies file is."""
    return strategies_answer(sampling.versions.current, sampling.file)


@put(
    "/sampling/strategies",
    operation_id="putStrategies",
    summary="Put sampling strategies in force",
    description="All of those that were set over this API are exchanged. With `version` they are those of an old one.",
    guards=[require_json],
    **_FINDING,
)
def put_strategies(data: JSONBody[StrategiesBody], request: AnyRequest, sampling: Sampling) -> VersionAnswer:
    """Clients hear of it when they ask next, usually within a minute."""
    if (data.strategies is None) == (data.version is None):
        raise BadQuery("strategies", "or version must be given, and not both")
    document = data.strategies if data.version is None else sampling.versions.version(data.version).document
    with _named("strategies"):
        return version_answer(sampling.versions.put(document, who_asks(data.who, request), data.if_version))


@delete(
    "/sampling/strategies",
    operation_id="deleteStrategies",
    summary="Remove the sampling strategies that were set",
    status_code=200,
    **_SAMPLING,
)
def delete_strategies(request: AnyRequest, sampling: Sampling, who: WhoAsks = "") -> VersionAnswer:
    """Then the file holds, or what is built in; the history stays."""
    return version_answer(sampling.versions.put(None, who_asks(who, request)))


@get(
    "/sampling/strategies/{service:str}",
    operation_id="getServiceSampling",
    summary="See what the clients of a service are told",
    **_SAMPLING,
)
def get_service_sampling(service: ServiceInPath, sampling: Sampling) -> ServiceSamplingAnswer:
    """Also the probabilities that adaptive strategies have come to."""
    name = decode_path_parameter(service)
    return service_answer(name, sampling.source_of(name), sampling.answer(name))


@put(
    "/sampling/strategies/{service:str}",
    operation_id="putServiceStrategy",
    summary="Put the sampling strategy of one service in force",
    guards=[require_json],
    **_SAMPLING,
)
def put_service_strategy(
    service: ServiceInPath, data: JSONBody[ServiceStrategyBody], request: AnyRequest, sampling: Sampling
) -> VersionAnswer:
    """Those of the others stay."""
    who = who_asks(data.who, request)
    with _named("strategy"):
        name = decode_path_parameter(service)
        return version_answer(sampling.versions.put_service(name, data.strategy, who, data.if_version))


@delete(
    "/sampling/strategies/{service:str}",
    operation_id="deleteServiceStrategy",
    summary="Remove the sampling strategy of one service",
    status_code=200,
    **_FINDING,
)
def delete_service_strategy(
    service: ServiceInPath, request: AnyRequest, sampling: Sampling, who: WhoAsks = ""
) -> VersionAnswer:
    """Then what the file says about the service holds, or a default."""
    name = decode_path_parameter(service)
    return version_answer(sampling.versions.put_service(name, None, who_asks(who, request)))


@get(
    "/sampling/history",
    operation_id="listStrategyVersions",
    summary="List the versions of the sampling strategies",
    **_SAMPLING,
)
def list_strategy_versions(sampling: Sampling, limit: CatalogueLimit = "") -> HistoryAnswer:
    """Who set what, and when; the newest first."""
    versions = sampling.versions.history(read_limit(limit, _DEFAULT_VERSIONS, _MAX_VERSIONS))
    return HistoryAnswer([version_answer(version) for version in versions])


SAMPLING_ROUTES: list[Any] = [
    get_strategies,
    put_strategies,
    delete_strategies,
    get_service_sampling,
    put_service_strategy,
    delete_service_strategy,
    list_strategy_versions,
]
