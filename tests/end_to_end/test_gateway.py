"""`clew up` as a gateway: keys from the command line, TLS on every port, and no door open by accident."""

import json
import os
import re
import ssl
import subprocess
import time
from pathlib import Path

import grpc
import httpx
import pytest
import trustme

from tests.agent.agent_process import QUICK, running_agent
from tests.receive.grpc_calls import METHODS
from tests.server_process import CLEW, PROTOBUF, ServerProcess, running_server
from tests.wire.otlp_samples import make_request

BODY = make_request(3).SerializeToString()
EFFECTIVE_S = 2.0
EVERYWHERE = "0.0.0.0"  # noqa: S104 - with keys only


def _clew(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CLEW, *arguments], capture_output=True, text=True, env=os.environ | environ, timeout=60, check=False
    )


def _create(data_dir: Path, *arguments: str) -> str:
    made = _clew("keys", "create", "--data-dir", str(data_dir), "--json", *arguments)
    assert made.returncode == 0, made.stderr
    return str(json.loads(made.stdout)["key"])


def _status(server: ServerProcess, secret: str) -> int:
    return server.post_traces(BODY, Authorization=f"Bearer {secret}").status_code


def _within(limit_s: float, server: ServerProcess, secret: str, status: int) -> bool:
    deadline_s = time.monotonic() + limit_s
    while time.monotonic() < deadline_s:
        if _status(server, secret) == status:
            return True
    return False


def test_a_server_without_keys_does_not_listen_for_others(tmp_path: Path) -> None:
    """Beyond the loopback it takes a key first, and the error says which command makes one; nothing was started."""
    refused = _clew("up", "--data-dir", str(tmp_path / "data"), "--host", EVERYWHERE, "--http-port", "0")
    assert refused.returncode == 2
    for part in ("clew keys create", "--allow-anonymous", "127.0.0.1"):
        assert part in refused.stderr
    assert not (tmp_path / "data").exists()


def test_keys_take_effect_in_a_running_server(tmp_path: Path) -> None:
    """A key made and revoked by the command line is good and bad within two seconds, and no log has a secret."""
    data_dir = tmp_path / "data"
    first = _create(data_dir, "first")
    with running_server(data_dir, ["--host", EVERYWHERE]) as server:
        server.otlp_http = server.otlp_http.replace(EVERYWHERE, "127.0.0.1")
        assert server.post_traces(BODY).status_code == 401
        assert _status(server, first) == 200
        second = _create(data_dir, "second")
        assert _within(EFFECTIVE_S, server, second, 200)
        assert _clew("keys", "revoke", "--data-dir", str(data_dir), "first").returncode == 0
        assert _within(EFFECTIVE_S, server, first, 401)
        port = server.http.rpartition(":")[2]
        exposition = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    # How many of the first were taken depends on when within the two seconds it was revoked.
    assert re.search(r'clew_key_records_total{key="first",tenant="default"} [1-9]', exposition)
    assert 'clew_key_records_total{key="second",tenant="default"} 3' in exposition
    assert 'clew_key_refused_total{key="first"' not in exposition
    log = "".join(server.stderr)
    assert "not encrypted" in log
    written = log + exposition + "".join(path.read_text() for path in (data_dir / "keys").glob("*"))
    assert first[5:] not in written
    assert second[5:] not in written
    listed = json.loads(_clew("keys", "list", "--data-dir", str(data_dir), "--json").stdout)["keys"]
    assert [(key["name"], key["state"], key["last_used_unix_nano"] is None) for key in listed] == [
        ("first", "revoked", False),
        ("second", "active", False),
    ]


def test_every_port_speaks_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """gRPC, HTTP and the API answer over TLS only; the commands take authority and key from the environment."""
    data_dir, authority = tmp_path / "data", trustme.CA()
    secret = _create(data_dir, "--send", "--read", "everything")
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("CLEW_TLS_CERT_FILE", str(tmp_path / "cert.pem"))
    monkeypatch.setenv("CLEW_TLS_KEY_FILE", str(tmp_path / "key.pem"))
    with running_server(data_dir, ["--require-keys"]) as server:
        headers = {**PROTOBUF, "Authorization": f"Bearer {secret}"}
        with httpx.Client(verify=ssl.create_default_context(cafile=tmp_path / "ca.pem"), headers=headers) as client:
            for address in (server.otlp_http, server.http):
                assert client.post(f"https://{address}/v1/traces", content=BODY).status_code == 200
                with pytest.raises(httpx.TransportError):
                    client.post(f"http://{address}/v1/traces", content=BODY)
        credentials = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
        with grpc.secure_channel(server.otlp_grpc, credentials) as channel:
            export = channel.unary_unary(METHODS["traces"], None, None)
            assert export(BODY, timeout=20, metadata=(("x-clew-key", secret),)) == b""
        environ = {"CLEW_SERVER": f"https://{server.http}", "CLEW_CA_FILE": str(tmp_path / "ca.pem")}
        without = _clew("search", **environ)
        assert (without.returncode, "CLEW_KEY" in without.stderr) == (1, True)
        assert _clew("search", "--json", CLEW_KEY=secret, **environ).returncode == 0
        _check_advice(secret, environ)
        _check_agent(tmp_path, server, secret, environ["CLEW_CA_FILE"])
    assert any(f"https://{server.http}" in line for line in server.stderr)


def _check_advice(secret: str, environ: dict[str, str]) -> None:
    """A server that is there is not said to be missing, nor are its ports said to be taken."""
    stranger = _clew("search", CLEW_SERVER=environ["CLEW_SERVER"])
    assert (stranger.returncode, "CLEW_CA_FILE" in stranger.stderr) == (1, True)
    keyless = _clew("doctor", **environ)
    assert (keyless.returncode, "CLEW_KEY" in keyless.stdout, "taken" in keyless.stdout) == (1, True, False)
    reader = _clew("doctor", CLEW_KEY=secret, **environ)
    assert (reader.returncode, "skip  load" in reader.stdout) == (0, True)


def _check_agent(tmp_path: Path, server: ServerProcess, secret: str, ca_file: str) -> None:
    """An agent forwards over TLS to a gateway whose certificate is of an authority that it is told."""
    (tmp_path / "agent.key").write_text(secret)
    environ = {**QUICK, "CLEW_CA_FILE": ca_file}
    flags = ["--key-file", str(tmp_path / "agent.key")]
    with running_agent(tmp_path / "agent", [f"https://{server.otlp_http}"], flags, environ) as agent:
        agent.post(BODY).raise_for_status()
        agent.wait_forwarded()


@pytest.mark.parametrize(
    ("flags", "environ", "named"),
    [
        (["--allow-anonymous", "--require-keys"], {}, "allow_anonymous and require_keys"),
        ([], {"CLEW_TLS_CERT_FILE": "cert.pem"}, "tls.cert_file and tls.key_file"),
        ([], {"CLEW_TLS_CERT_FILE": "no.pem", "CLEW_TLS_KEY_FILE": "no.pem"}, "no.pem can't be read"),
        (["--demo", "--require-keys"], {}, "demo shop has no key"),
    ],
)
def test_settings_that_contradict_each_other_are_told(
    tmp_path: Path, flags: list[str], environ: dict[str, str], named: str
) -> None:
    """Nothing starts with half of TLS, or with both everybody and nobody let in."""
    refused = _clew("up", "--data-dir", str(tmp_path / "data"), "--http-port", "0", *flags, **environ)
    assert (refused.returncode, named in refused.stderr) == (2, True), refused.stderr
