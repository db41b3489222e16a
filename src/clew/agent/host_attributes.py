"""What the agent knows of the place that it shares with its clients, as resource attributes.

Names: OpenTelemetry's semantic conventions for host, os, container and k8s. What can't be known is left out.
"""

import platform
import re
import socket
from collections.abc import Mapping
from pathlib import Path

SHARED = ("host", "pod", "container")
"""What the agent and its clients are in together: a host (one agent for all of it), a pod (a sidecar), a container."""

_KUBERNETES = {
    "host": ("K8S_CLUSTER_NAME", "K8S_NODE_NAME", "K8S_NODE_UID"),
    "pod": (
        "K8S_NAMESPACE_NAME",
        "K8S_POD_NAME",
        "K8S_POD_UID",
        "K8S_DEPLOYMENT_NAME",
        "K8S_STATEFULSET_NAME",
        "K8S_DAEMONSET_NAME",
        "K8S_JOB_NAME",
        "K8S_CRONJOB_NAME",
    ),
    "container": ("K8S_CONTAINER_NAME",),
}
"""Variables that a pod's manifest fills from the downward API; `K8S_POD_NAME` becomes `k8s.pod.name`."""
_CGROUP_ID = re.compile(r"[/-]([0-9a-f]{64})(?:\.scope)?$", re.MULTILINE)
_MOUNT_ID = re.compile(r"/(?:overlay-)?containers/(?:storage/overlay-containers/)?([0-9a-f]{64})/")
"""Where Docker and Podman keep what they mount into a container. Those of a Kubernetes sandbox name the pod's."""
_MACHINE_IDS = ("etc/machine-id", "var/lib/dbus/machine-id")


def attribute_groups(shared: str, environ: Mapping[str, str], root: Path = Path("/")) -> list[dict[str, str]]:
    """Groups of attributes that are true together, of all that `shared` (one of SHARED) covers."""
    container = container_id(root)
    groups = [_host(root, environ, container) | {"os.type": platform.system().lower()}]
    groups += [_kubernetes(_KUBERNETES[place], environ) for place in SHARED[: SHARED.index(shared) + 1]]
    if shared == "container" and container:
        groups.append({"container.id": container})
    return [group for group in groups if group]


def container_id(root: Path = Path("/")) -> str:
    """The id of the container that this process is in; empty outside, and where the runtime doesn't show it."""
    found = _CGROUP_ID.search(_text(root / "proc/self/cgroup")) or _MOUNT_ID.search(_text(root / "proc/self/mountinfo"))
    return found[1] if found else ""


def _host(root: Path, environ: Mapping[str, str], container: str) -> dict[str, str]:
    name = environ.get("K8S_NODE_NAME", "") or socket.gethostname()
    machine_id = next(filter(None, (_text(root / path).strip() for path in _MACHINE_IDS)), "")
    # A container that was given no name has its own id for one.
    is_name = bool(name) and not (container and container.startswith(name))
    return ({"host.name": name} if is_name else {}) | ({"host.id": machine_id} if machine_id else {})


def _kubernetes(names: tuple[str, ...], environ: Mapping[str, str]) -> dict[str, str]:
    given = {name: environ.get(name, "").strip() for name in names}
    return {name.lower().replace("_", "."): value for name, value in given.items() if value}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
