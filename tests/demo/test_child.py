import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from clew.demo.child import Child
from clew.demo.settings import ServiceSettings
from tests.demo.conftest import await_end

_PARENT = """
import sys
from clew.demo.child import Child
from clew.demo.settings import ServiceSettings
child = Child(ServiceSettings("broker", "http://127.0.0.1:9", "127.0.0.1:9", directory=sys.argv[1]))
child.read_port()
child.introduce({})
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_child_tells_its_port_and_ends_when_dismissed(settings: ServiceSettings) -> None:
    """A child that is dismissed ends by itself with code 0 and needs no killing."""
    child = Child(replace(settings, name="broker"))
    assert child.read_port()
    assert child.port > 0
    child.introduce({})
    child.dismiss()
    assert child.wait(10.0) == 0
    assert not child.kill()
    child.close()


def test_a_child_that_cannot_start_is_noticed(settings: ServiceSettings) -> None:
    """A child that ends at once has no port, and its exit code is known."""
    child = Child(replace(settings, name="broker", directory=f"{settings.directory}/absent"))
    child.read_port()
    child.introduce({})
    assert not child.read_port()
    assert child.exit_code() == 1
    child.close()


def test_a_killed_child_has_its_signal_as_code(settings: ServiceSettings) -> None:
    """Killing a child that is still there works at once, and its code says what happened."""
    child = Child(replace(settings, name="broker"))
    assert child.read_port()
    assert child.wait(0) is None
    assert child.kill()
    assert child.exit_code() == -signal.SIGKILL
    child.close()


def test_no_child_outlives_its_parent(tmp_path: Path) -> None:
    """When the parent is killed without any chance to clean up, the child ends."""
    command = [sys.executable, "-c", _PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not await_end(pid, 0)
        parent.kill()
        assert await_end(pid, 10.0)
