import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import multiprocessing, pickle

class Cart:
    def add(self, quantity):
        return 3 * quantity

def price(quantity):
    return Cart().add(quantity)

if __name__ == "__main__":
    assert pickle.loads(pickle.dumps(price)) is price
    assert pickle.loads(pickle.dumps(Cart())).add(1) == 3
    print(price(2), __file__.endswith("app.py"))
    raise SystemExit(3)
"""
_RUN = """
import sys
from opentelemetry import trace
from clew.sdk.function_patterns import FunctionPatterns
from clew.sdk.processor import SpanProcessor
from clew.sdk.provider import TracerProvider
from clew.sdk.script import run_script

class Printing(SpanProcessor):
    def on_end(self, span):
        print(span.name, file=sys.stderr)

trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(Printing())
run_script(sys.argv[1], FunctionPatterns(["__main__:*"]))
"""


def test_a_script_runs_with_spans(tmp_path: Path) -> None:
    """As the main module, whose functions and objects can be pickled, with the exit code that it asks for."""
    script = tmp_path / "app.py"
    script.write_text(_SCRIPT)
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.split()) == (3, ["6", "True"]), done.stderr
    assert done.stderr.split() == ["Cart.add", "Cart.add", "price"]


def test_a_script_that_is_not_there_is_told(tmp_path: Path) -> None:
    """As Python would."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(tmp_path / "no.py")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "FileNotFoundError" in done.stderr
