"""The bodies of the routes about sampling strategies."""

from typing import Annotated, Any

import orjson
from msgspec import Meta, Struct

from clew.api.contract import UnixNano
from clew.api.retention_contract import Who
from clew.sampling.answer import Answer, to_json
from clew.sampling.versions import Version
from clew.sampling.watched_file import WatchedFile

Strategies = Annotated[
    dict[str, Any] | None,
    Meta(description="As in Jaeger's strategies file: `default_strategy` and `service_strategies`"),
]
IfVersion = Annotated[
    int | None, Meta(description="Only if this version is in force (0: none), so that nobody's change is lost")
]


class StrategiesBody(Struct, forbid_unknown_fields=True):
    """Strategies to put in force: written out, or those of an old version."""

    strategies: Strategies = None
    version: Annotated[int | None, Meta(description="Put this old version in force again")] = None
    if_version: IfVersion = None
    who: Who = ""


class ServiceStrategyBody(Struct, forbid_unknown_fields=True):
    """The strategy of one service, as an entry of `service_strategies`; the service is the one of the path."""

    strategy: dict[str, Any]
    if_version: IfVersion = None
    who: Who = ""


class VersionAnswer(Struct):
    """One version of the strategies that were set over this API."""

    version: int
    set_unix_nano: UnixNano
    who: str
    strategies: Annotated[dict[str, Any] | None, Meta(description="null: they were removed")]


class StrategiesFileAnswer(Struct):
    """The strategies file of the settings."""

    path: str
    complaint: Annotated[str, Meta(description="Why it isn't in force as it is now; empty when it is")]
    strategies: Annotated[dict[str, Any], Meta(description="What holds of it: what it said when it was right")]


class StrategiesAnswer(Struct):
    """What is in force: what was set over this API comes before what the file says."""

    version: VersionAnswer | None
    file: StrategiesFileAnswer | None


class HistoryAnswer(Struct):
    """Versions, the newest first."""

    versions: list[VersionAnswer]


class ServiceSamplingAnswer(Struct):
    """What the clients of one service are told now."""

    service: str
    source: Annotated[str, Meta(description="`api`, `file`, `api default`, `file default` or `built in`")]
    answer: Annotated[dict[str, Any], Meta(description="The answer of the remote sampling port")]


def version_answer(version: Version) -> VersionAnswer:
    """One version."""
    return VersionAnswer(version.number, str(version.set_unix_nano), version.who, version.document)


def strategies_answer(version: Version | None, file: WatchedFile | None) -> StrategiesAnswer:
    """The answer of `GET /sampling/strategies`."""
    return StrategiesAnswer(
        None if version is None else version_answer(version),
        None if file is None else StrategiesFileAnswer(str(file.path), file.complaint, orjson.loads(file.text)),
    )


def service_answer(service: str, source: str, answer: Answer) -> ServiceSamplingAnswer:
    """The answer of `GET /sampling/strategies/{service}`."""
    return ServiceSamplingAnswer(service, source, orjson.loads(to_json(answer)))
