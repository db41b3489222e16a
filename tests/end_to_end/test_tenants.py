"""Two tenants in one Clew, with the same trace ids, span ids and shared words: neither sees anything of the other."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.authenticate.keys import Keys, open_keys
from tests.faults.traffic import wait_until
from tests.server_process import PROTOBUF, ServerProcess, running_server

API = "/api/clew/v1"
TENANTS = ("alpha", "beta")
SHARED, OWN = 0x5EED, {"alpha": 0xA1, "beta": 0xB1}
"""Trace ids: one that both tenants have, and one of each alone."""
ROOT, CHILD = 1, 2
BEGIN_NS = time.time_ns() - 600 * 10**9


@dataclass(frozen=True)
class Person:
    """One who asks with a key; `marker` is in every name and value of the tenant's data."""

    client: httpx.Client
    marker: str

    @property
    def other(self) -> str:
        return next(tenant for tenant in TENANTS if tenant != self.marker)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """An answer, which MUST have nothing of the other tenant."""
        answer = self.client.request(method, f"{API}{path}", **more)
        assert self.other.encode() not in answer.content, path
        return answer

    def get(self, path: str, **parameters: str) -> httpx.Response:
        """A good answer with the tenant's own data in it, so that the check above can find something."""
        answer = self.ask("GET", path, params=parameters)
        assert answer.status_code == 200, (path, answer.text)
        assert self.marker.encode() in answer.content, (path, answer.text[:500])
        return answer


def _traces(marker: str, trace_id: int) -> ExportTraceServiceRequest:
    """A call of one service to another; all text has the tenant's marker, besides an attribute that both have."""
    request = ExportTraceServiceRequest()
    for number, service in ((ROOT, f"{marker}-front"), (CHILD, f"{marker}-back")):
        group = request.resource_spans.add()
        group.resource.attributes.add(key="service.name").value.string_value = service
        group.resource.attributes.add(key=f"{marker}.resource").value.string_value = marker
        span = group.scope_spans.add().spans.add(
            trace_id=trace_id.to_bytes(16, "big"),
            span_id=number.to_bytes(8, "big"),
            parent_span_id=b"" if number == ROOT else ROOT.to_bytes(8, "big"),
            name=f"{marker} call {number}",
            kind=Span.SPAN_KIND_SERVER,
            start_time_unix_nano=BEGIN_NS + number * 10**6,
            end_time_unix_nano=BEGIN_NS + (100 - number) * 10**6,
        )
        span.status.code = Status.STATUS_CODE_ERROR
        span.attributes.add(key="user.id").value.string_value = "42"
        span.attributes.add(key="common.key").value.string_value = f"{marker} value"
        span.attributes.add(key=f"{marker}.key").value.string_value = "x"
    return request


def _logs(marker: str, trace_id: int) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.add(key="service.name").value.string_value = f"{marker}-front"
    record = group.scope_logs.add().log_records.add(
        time_unix_nano=BEGIN_NS, trace_id=trace_id.to_bytes(16, "big"), span_id=ROOT.to_bytes(8, "big")
    )
    record.body.string_value = f"{marker} line"
    return request


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Keys of the data directory that the server gets."""
    return open_keys(tmp_path_factory.mktemp("tenants") / "data")


@pytest.fixture(scope="module")
def server(keys: Keys) -> Iterator[ServerProcess]:
    """A Clew that lets nobody in without a key, with an hour's data of two tenants, and their graphs."""
    operator = keys.add("operator", ["admin"], tenant="operators")
    senders = {tenant: keys.add(f"{tenant}-sends", tenant=tenant) for tenant in TENANTS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLEW_ANALYSE_INTERVAL_S", "0.5")
        patch.setenv("CLEW_ANALYSE_MAX_CORE_SHARE", "1")
        with running_server(keys.directory.directory.parent, ["--require-keys"]) as running:
            running.client.headers["Authorization"] = f"Bearer {operator}"
            for tenant in TENANTS:
                for trace_id in (SHARED, OWN[tenant]):
                    _send(running, senders[tenant], "traces", _traces(tenant, trace_id))
                    _send(running, senders[tenant], "logs", _logs(tenant, trace_id))
            running.wait_loaded()
            yield running


def _send(server: ServerProcess, secret: str, signal: str, request: Any) -> None:
    headers = {**PROTOBUF, "Authorization": f"Bearer {secret}"}
    answer = httpx.post(f"http://{server.otlp_http}/v1/{signal}", content=request.SerializeToString(), headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def people(server: ServerProcess, keys: Keys) -> Iterator[dict[str, Person]]:
    """An admin of each tenant, since admins may ask everything."""
    clients = {}
    for tenant in TENANTS:
        secret = keys.add(f"{tenant}-asks", ["admin"], tenant=tenant)
        client = httpx.Client(base_url=f"http://{server.http}", headers={"X-Clew-Key": secret}, timeout=60)
        clients[tenant] = Person(client, tenant)
    wait_until(lambda: all(map(_is_let_in, clients.values())), "the keys are not good yet")
    yield clients
    for person in clients.values():
        person.client.close()


def _is_let_in(person: Person) -> bool:
    return person.client.get(f"{API}/services").status_code == 200


def _paths(tenant: str) -> dict[str, dict[str, str]]:
    """Every question of the API that is about a tenant's data, with the parameters that make it find the most."""
    shared, since = f"/traces/{SHARED:032x}", {"start": "-1h"}
    return {
        "/services": {},
        f"/services/{tenant}-front/operations": {},
        f"/services/{tenant}-front/red": since,
        "/red": since | {"kind": "all"},
        "/graph": since,
        "/traces": {"attr": "user.id=42"},
        "/traces/histogram": since | {"q": "user.id = 42"},
        shared: {},
        f"{shared}/logs": {},
        f"{shared}/summary": {},
        f"{shared}/tree": {},
        f"{shared}/window": {},
        f"{shared}/density": {},
        f"{shared}/find": {"attr": "user.id=42"},
        f"{shared}/path/{CHILD:016x}": {},
        f"{shared}/spans/{CHILD:016x}": {},
        f"{shared}/spans/{ROOT:016x}/logs": {},
        "/export": {"attr": "user.id=42"},
        "/attributes": {},
        "/attributes/common.key/values": {},
    }


WITHOUT_NAMES = ("/histogram", "/density")
"""Answers that are numbers only; the numbers are compared instead."""


@pytest.mark.parametrize("tenant", TENANTS)
def test_no_question_finds_anything_of_the_other_tenant(people: dict[str, Person], tenant: str) -> None:
    """Each answer has the tenant's own names and none of the other's, in JSON and in protobuf."""
    person = people[tenant]
    wait_until(
        lambda: person.marker.encode() in person.ask("GET", "/graph", params={"start": "-1h"}).content, "no graph yet"
    )
    for path, parameters in _paths(tenant).items():
        if path.endswith(WITHOUT_NAMES):
            assert person.ask("GET", path, params=parameters).status_code == 200
            continue
        person.get(path, **parameters)
    protobuf = person.ask("GET", f"/traces/{SHARED:032x}", headers={"Accept": "application/x-protobuf"})
    assert tenant.encode() in protobuf.content


def test_every_path_of_the_api_was_asked(people: dict[str, Person]) -> None:
    """A route that is added has to be added here; those about rules and the state of Clew are about no tenant."""
    document = people["alpha"].client.get("/api/clew/openapi.json").json()
    asked = {path.split("?")[0] for path in _paths("alpha")}
    elsewhere = {"/pins", "/traces/{trace_id}/pin", "/erasures", "/erasures/{erasure_id}", "/audit"}
    of_no_tenant = {"/retention", "/retention/trial", "/status", "/metrics", "/healthz", "/readyz"}
    of_no_tenant |= {"/sampling/strategies", "/sampling/strategies/{service}", "/sampling/history"}
    for template in document["paths"]:
        path = template.removeprefix(API)
        filled = path.replace("{trace_id}", f"{SHARED:032x}").replace("{service}", "alpha-front")
        filled = filled.replace("{key}", "common.key")
        candidates = {filled.replace("{span}", f"{span:016x}") for span in (ROOT, CHILD)}
        assert path in elsewhere | of_no_tenant or candidates & asked, path


def test_counts_are_those_of_the_tenant(people: dict[str, Person]) -> None:
    """Numbers leak too: two spans of the shared trace, four of all, two traces; not twice as many."""
    for person in people.values():
        assert person.get(f"/traces/{SHARED:032x}/summary").json()["span_count"] == 2
        assert len(person.get("/traces", attr="user.id=42").json()["traces"]) == 2
        counts = person.ask("GET", "/traces/histogram", params={"start": "-1h", "q": "user.id = 42"}).json()
        assert (counts["spans"], counts["traces"]) == (4, 2)
        density = person.ask("GET", f"/traces/{SHARED:032x}/density").json()
        assert max(density["spans"]) == 2
        (value,) = person.ask("GET", "/attributes/user.id/values").json()["values"]
        assert (value["value"], value["count"]) == ("42", 4)


def test_the_other_tenants_own_names_find_nothing(people: dict[str, Person]) -> None:
    """Who knows a trace id, service or value of the other tenant is told that there is none."""
    for person in people.values():
        theirs = f"/traces/{OWN[person.other]:032x}"
        for path in ("", "/summary", "/tree", "/window", "/density", "/find", f"/spans/{ROOT:016x}"):
            assert person.client.get(f"{API}{theirs}{path}").status_code == 404, path
        name = f"{person.other}-front"
        client = person.client
        assert client.get(f"{API}/services/{name}/operations").json() == {"operations": []}
        assert client.get(f"{API}/traces", params={"service": name}).json()["traces"] == []
        assert client.get(f"{API}/traces", params={"attr": f"{person.other}.key=x"}).json()["traces"] == []
        assert client.get(f"{API}/traces", params={"q": f'name =~ ".*{person.other}.*"'}).json()["traces"] == []
        assert client.get(f"{API}/attributes/{person.other}.key/values").json()["values"] == []
        assert client.get(f"{API}/attributes", params={"prefix": person.other}).json()["attributes"] == []


def test_a_cursor_of_the_other_tenant_leads_nowhere(people: dict[str, Person]) -> None:
    """A page goes on with the tenant's own traces, whoever the cursor comes from, or not at all."""
    first = people["beta"].client.get(f"{API}/traces", params={"limit": "1"}).json()
    assert first["next_cursor"]
    people["alpha"].ask("GET", "/traces", params={"limit": "1", "cursor": first["next_cursor"]})


def test_pins_are_the_tenants_own(people: dict[str, Person]) -> None:
    """A pin on the trace that both have is one tenant's; the other neither sees nor removes it, nor its audit line."""
    alpha, beta = people["alpha"], people["beta"]
    path = f"/traces/{SHARED:032x}/pin"
    assert alpha.ask("POST", path, json={"who": "alpha-ann"}).status_code == 200
    assert "alpha-ann" in alpha.get("/pins").text
    assert beta.ask("GET", "/pins").json() == {"pins": []}
    assert beta.ask("DELETE", path).status_code == 404
    assert beta.ask("POST", f"/traces/{OWN['alpha']:032x}/pin", json={"who": "b"}).status_code == 404
    assert len(alpha.get("/pins").json()["pins"]) == 1
    assert "alpha-ann" in alpha.get("/audit").text
    assert "alpha-ann" not in beta.ask("GET", "/audit").text


def test_an_erasure_takes_the_tenants_own_only(people: dict[str, Person]) -> None:
    """Erasing what both have leaves the other's spans, logs and catalogue as they are, and tells the other nothing."""
    alpha, beta = people["alpha"], people["beta"]
    before = {path: beta.ask("GET", path, params=more).content for path, more in _stable("beta").items()}
    wanted = {"attribute": "user.id=42", "scope": "spans"}
    counted = alpha.ask("POST", "/erasures", json={**wanted, "dry_run": True}).json()
    assert counted["spans"] == 4
    erasure = alpha.ask("POST", "/erasures", json=wanted).json()
    assert beta.client.get(f"{API}/erasures/{erasure['id']}").status_code == 404
    wait_until(lambda: alpha.ask("GET", f"/erasures/{erasure['id']}").json()["state"] == "finished", "not erased yet")
    assert alpha.client.get(f"{API}/traces", params={"attr": "user.id=42"}).json()["traces"] == []
    after = {path: beta.ask("GET", path, params=more).content for path, more in _stable("beta").items()}
    assert after == before


def _stable(tenant: str) -> dict[str, dict[str, str]]:
    """Questions whose answers don't change with the time of asking."""
    changing = ("/red", "/graph", "/histogram")
    return {path: more for path, more in _paths(tenant).items() if not path.endswith(changing)}


def test_tenants_are_apart_in_the_journal(server: ServerProcess, keys: Keys, people: dict[str, Person]) -> None:
    """No segment has records of two tenants: each is in a file with its tenant's name."""
    journal = server.data_dir / "journal"
    sender = keys.add("alpha-again", tenant="alpha")
    headers = {**PROTOBUF, "Authorization": f"Bearer {sender}"}
    body = _traces("alpha", 0xA2).SerializeToString()
    url = f"http://{server.otlp_http}/v1/traces"
    wait_until(lambda: httpx.post(url, content=body, headers=headers).status_code == 200, "the key is not good yet")
    names = _files_with(journal, b"alpha call")
    assert all("-traces-alpha" in name for name in names), names
    wait_until(lambda: b"alpha call" in people["alpha"].ask("GET", f"/traces/{0xA2:032x}").content, "not loaded yet")
    assert people["beta"].client.get(f"{API}/traces/{0xA2:032x}").status_code == 404


def _files_with(directory: Path, content: bytes) -> list[str]:
    found = []
    for path in directory.rglob("*"):
        try:
            found += [path.name] if path.is_file() and content in path.read_bytes() else []
        except FileNotFoundError:  # loaded meanwhile
            continue
    return found
