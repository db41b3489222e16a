import os
import signal
import threading

from clew.demo.stop_signals import noted


def test_a_signal_is_noted_instead_of_raised() -> None:
    """Each stop signal inside calls the note and raises nothing; the handlers before come back."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    notes: list[str] = []
    with noted(lambda: notes.append("stop")):
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
    assert notes == ["stop", "stop"]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_other_threads_leave_the_handlers_alone() -> None:
    """Where Python allows no handlers nothing changes and nothing fails."""
    seen: list[object] = []

    def look() -> None:
        with noted(lambda: None):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]
