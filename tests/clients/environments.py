"""The environments of the foreign clients, as pinned beside their programs; run as a program, it makes them all.

They live in `.clients/` in the root of the checkout, which git ignores (Node's packages beside their program, where
Node looks for them), and are made again only when a file that pins or makes them has changed: once they are there, no
test needs the network.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent
ROOT = SOURCES.parents[1]
MADE = ROOT / ".clients"
MAKE_TIMEOUT_S = 600.0
_SHOWN_CHARACTERS = 3000
_FIRST_GO_WITH_TOOLCHAINS = 21

# What to do when a language is missing. A test that was skipped for it would look like one that passed.
ADVICE = {
    "javac": "install a Java development kit, 17 or newer (Debian: apt install default-jdk-headless)",
    "mvn": "install Maven (Debian: apt install maven)",
    "npm": "install Node with npm, 20.19 or newer (https://nodejs.org/en/download)",
}


@dataclass(frozen=True)
class Environment:
    """One folder of programs, the files that say what they need, how that is made, and where it is then."""

    sources: Path
    made: Path
    made_from: tuple[str, ...]
    make: Callable[[Path, Path], None]
    result: Path

    def prepare(self) -> Path:
        """Make it unless it is there; the folder of what was made. Several processes may ask at once."""
        with _alone(self.made):
            stamp, digest = self.made / ".made-from", self._digest()
            if not (self.result.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == digest):
                sys.stderr.write(f"Making {self.made.relative_to(ROOT)} for the tests with real clients ...\n")
                self.make(self.sources, self.made)
                stamp.write_text(digest, encoding="utf-8")
        return self.made

    def _digest(self) -> str:
        digest = hashlib.sha256(sys.version.encode())
        for pattern in self.made_from:
            for file in sorted(self.sources.glob(pattern)):
                digest.update(file.relative_to(self.sources).as_posix().encode() + b"\0" + file.read_bytes())
        return digest.hexdigest()


@contextmanager
def _alone(made: Path) -> Iterator[None]:
    """No other process makes this environment meanwhile; the workers of one test run share them."""
    made.mkdir(parents=True, exist_ok=True)
    with (made / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run_tool(command: Sequence[str], folder: Path, **variables: str) -> None:
    """Run a tool to its end; what it said when it fails, and what to install when there is none."""
    tool = shutil.which(command[0])
    assert tool, f"there is no {command[0]}: {ADVICE.get(command[0], 'install it')}, then `make clients`"
    done = subprocess.run(
        [tool, *command[1:]],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=MAKE_TIMEOUT_S,
    )
    said = (done.stdout + done.stderr)[-_SHOWN_CHARACTERS:]
    assert done.returncode == 0, f"`{' '.join(command)}` in {folder} failed:\n{said}"


def make_python(sources: Path, made: Path) -> None:
    """A virtual environment with exactly what requirements.txt locks."""
    _make_venv(made / "venv", sources / "requirements.txt")


def _make_venv(venv: Path, locked: Path) -> None:
    run_tool([sys.executable, "-m", "venv", "--clear", str(venv)], venv.parent)
    pip = [str(venv / "bin/python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run_tool([*pip, "--require-hashes", "-r", str(locked)], venv.parent)


def make_node(sources: Path, made: Path) -> None:
    """`node_modules` beside the program, as locked."""
    run_tool(["npm", "ci", "--no-fund", "--no-audit"], sources)


def make_go(sources: Path, made: Path) -> None:
    """One program for each folder with a main package."""
    run_tool([_go(sources, made), "build", "-mod=readonly", "-buildvcs=false", "-o", f"{made}/", "./..."], sources)


def _go(sources: Path, made: Path) -> str:
    """The Go of this machine, which since 1.21 gets what go.mod asks for by itself; else one that pip installs here."""
    found = shutil.which("go")
    if found:
        version = re.search(
            r"go1\.(\d+)", subprocess.run([found, "version"], capture_output=True, text=True, check=True).stdout
        )
        if version and int(version[1]) >= _FIRST_GO_WITH_TOOLCHAINS:
            return found
    _make_venv(made / "toolchain", sources / "toolchain.txt")
    return str(made / "toolchain/bin/go")


def make_java(sources: Path, made: Path) -> None:
    """The jars that pom.xml names with theirs in `lib`, the classes of the programs in `classes`."""
    for folder in ("lib", "classes"):
        shutil.rmtree(made / folder, ignore_errors=True)
    goal = f"{_MAVEN_DEPENDENCY}:copy-dependencies"
    run_tool(["mvn", "-q", "-B", "-ntp", "-f", str(sources / "pom.xml"), goal, f"-DoutputDirectory={made}/lib"], made)
    programs = sorted(map(str, sources.glob("*.java")))
    run_tool(["javac", "--release", "17", "-cp", f"{made}/lib/*", "-d", f"{made}/classes", *programs], made)


_MAVEN_DEPENDENCY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"


def _python(name: str) -> Environment:
    made = MADE / "python" / name
    return Environment(SOURCES / "python" / name, made, ("requirements.txt",), make_python, made / "venv/bin/python")


def _node(sources: Path) -> Environment:
    made = MADE / "node" / sources.name
    return Environment(sources, made, ("package-lock.json",), make_node, sources / "node_modules/.package-lock.json")


def _java(name: str) -> Environment:
    made = MADE / "java" / name
    return Environment(SOURCES / "java" / name, made, ("pom.xml", "*.java"), make_java, made / "classes")


PYTHON_OPENTELEMETRY = _python("opentelemetry")
PYTHON_JAEGER = _python("jaeger")
# The last versions of OpenTelemetry's own exporters for Jaeger; the program is that of python/opentelemetry.
PYTHON_JAEGER_EXPORTERS = _python("jaeger_exporters")
PYTHON_ZIPKIN = _python("zipkin")
PYTHON_SKYWALKING = _python("skywalking")
NODE_OPENTELEMETRY = _node(SOURCES / "node/opentelemetry")
NODE_JAEGER = _node(SOURCES / "node/jaeger")
NODE_SKYWALKING = _node(SOURCES / "node/skywalking")
GO = Environment(SOURCES / "go", MADE / "go", ("go.mod", "go.sum", "**/*.go"), make_go, MADE / "go/opentelemetry")
JAVA_OPENTELEMETRY = _java("opentelemetry")
JAVA_BRAVE = _java("brave")
# The program of tests/contract is older than this folder and stays where it is.
CONTRACT_JS = _node(SOURCES.parent / "contract/js")

ENVIRONMENTS = (
    PYTHON_OPENTELEMETRY,
    PYTHON_JAEGER,
    PYTHON_JAEGER_EXPORTERS,
    PYTHON_ZIPKIN,
    PYTHON_SKYWALKING,
    NODE_OPENTELEMETRY,
    NODE_JAEGER,
    NODE_SKYWALKING,
    GO,
    JAVA_OPENTELEMETRY,
    JAVA_BRAVE,
    CONTRACT_JS,
)


def main() -> None:
    """Make every environment that is missing or out of date."""
    for environment in ENVIRONMENTS:
        environment.prepare()


if __name__ == "__main__":
    main()
