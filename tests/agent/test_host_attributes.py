import socket
from pathlib import Path

import pytest

from clew.agent.host_attributes import attribute_groups, container_id

CONTAINER = "c0ffee" + "0" * 58
POD = {"K8S_POD_NAME": "cart-1", "K8S_NAMESPACE_NAME": "shop", "K8S_NODE_NAME": "node-1", "K8S_CONTAINER_NAME": "app"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine whose id is known, outside of any container."""
    for path, text in (("etc/machine-id", "ab12\n"), ("proc/self/cgroup", "0::/system.slice/clew.service\n")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_a_host_has_a_name_an_id_and_a_system(root: Path) -> None:
    """The three are true together, and so are one group."""
    assert attribute_groups("host", {}, root) == [
        {"host.name": socket.gethostname(), "host.id": "ab12", "os.type": "linux"}
    ]


def test_what_a_pod_is_in_comes_from_its_manifest(root: Path) -> None:
    """An agent for a whole node says nothing of its own pod: its clients are in others."""
    node = {"k8s.node.name": "node-1"}
    assert attribute_groups("host", POD, root)[0]["host.name"] == "node-1"
    assert attribute_groups("host", POD, root)[1:] == [node]
    pod = {"k8s.namespace.name": "shop", "k8s.pod.name": "cart-1"}
    assert attribute_groups("pod", POD, root)[1:] == [node, pod]
    assert attribute_groups("container", POD, root)[1:] == [node, pod, {"k8s.container.name": "app"}]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("cgroup", f"12:memory:/docker/{CONTAINER}\n1:name=systemd:/docker/{CONTAINER}\n"),
        ("cgroup", f"1:name=systemd:/kubepods/besteffort/pod12-34/{CONTAINER}\n"),
        ("cgroup", f"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{CONTAINER}.scope\n"),
        (
            "mountinfo",
            f"1 2 8:1 /var/lib/docker/containers/{CONTAINER}/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n",
        ),
        (
            "mountinfo",
            f"1 2 0:1 /containers/storage/overlay-containers/{CONTAINER}/userdata/hostname /etc/hostname rw\n",
        ),
    ],
)
def test_a_container_id_is_found(root: Path, file: str, text: str) -> None:
    """In the control group's path, or in that of a file that the runtime mounts."""
    (root / "proc/self" / file).write_text(text)
    assert container_id(root) == CONTAINER
    assert {"container.id": CONTAINER} in attribute_groups("container", {}, root)
    assert not any("container.id" in group for group in attribute_groups("pod", {}, root))


def test_the_id_of_a_pods_sandbox_is_no_containers(root: Path) -> None:
    """The runtime mounts the host name from the sandbox; whose id that is, nobody asked."""
    line = f"1 2 8:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{CONTAINER}/hostname /etc/hostname rw\n"
    (root / "proc/self/mountinfo").write_text(line)
    assert container_id(root) == ""


def test_a_containers_own_id_is_no_name_of_a_host(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker names a container that was given no name by its id."""
    (root / "proc/self/cgroup").write_text(f"0::/docker/{CONTAINER}\n")
    monkeypatch.setattr(socket, "gethostname", lambda: CONTAINER[:12])
    assert "host.name" not in attribute_groups("host", {}, root)[0]


def test_nothing_is_said_of_what_is_not_known(tmp_path: Path) -> None:
    """Without files there is no id, of the host or of a container."""
    assert container_id(tmp_path) == ""
    assert "host.id" not in attribute_groups("container", {}, tmp_path)[0]
