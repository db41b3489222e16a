"""One gateway's thread: takes the oldest segment that the gateway may get, sends its batches, and releases it.

Promises:

- A batch is sent under a key that depends on nothing but the segment, and to no other gateway while one may have it.
- A segment is released only when each of its records was taken, or set aside because no try will ever bring it in.
- What a gateway doesn't take stays in the journal, and the gateway is left alone for a while, longer each time.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from clew.agent.backlog import Backlog
from clew.agent.backoff import Backoff
from clew.agent.batches import batch_key
from clew.agent.gateway import Fate, Gateway, Reply
from clew.agent.task import Batch, Task
from clew.journal.complaint import Complaint
from clew.journal.journal import Journal
from clew.journal.quarantine import DAMAGED, Quarantine
from clew.wire.resource_attributes import ResourceAttributes

log = logging.getLogger(__name__)

_POLL_S = 0.5
_DENIED_PAUSE_S = 30.0
_LAST_ANSWER_S = 3.0
_INTERRUPTED_S = 3.0


@dataclass(slots=True)
class ForwardCounts:
    """What came of one gateway; `requests` are those of clients, many of which go out in one batch.

    `troubles` counts by fate the tries after which a batch came again. `is_up`: the last try was taken.
    """

    batches: int = 0
    requests: int = 0
    bytes: int = 0
    repeats: int = 0
    rejected_records: int = 0
    quarantined: int = 0
    is_up: bool = False
    troubles: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Depot:
    """What the threads of all gateways share."""

    agent_id: str
    journal: Journal
    backlog: Backlog
    quarantine: Quarantine
    has_one_gateway: bool


class Forwarder:
    """Sends to one gateway until stopped; call `stop_all` before the journal is closed."""

    def __init__(self, gateway: Gateway, depot: Depot, resources: ResourceAttributes, backoff: Backoff) -> None:
        self.gateway = gateway
        self.counts = ForwardCounts()
        self._depot = depot
        self._resources = resources
        self._backoff = backoff
        self._complaint = Complaint(log)
        self._is_left = False
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agent-forwarder", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def hurry(self) -> None:
        """Try once more at once, whatever pause there is: the agent is about to stop."""
        self._hurry.set()

    def ask_to_stop(self) -> None:
        """Begin nothing new."""
        self._stopping.set()
        self._hurry.set()

    def stop(self, wait_s: float) -> None:
        """End after the batch that is on its way, or without its answer when that takes longer."""
        self.ask_to_stop()
        self._thread.join(wait_s)
        if self._thread.is_alive():
            self.gateway.interrupt()
            self._thread.join(_INTERRUPTED_S)
        self._is_left = self._thread.is_alive()  # in a search for the gateway's name, which nothing ends

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause_s = self._take_and_forward()
            if pause_s:
                self._hurry.wait(pause_s)
                if not self._stopping.is_set():
                    self._hurry.clear()
        self.gateway.close()

    def _take_and_forward(self) -> float:
        try:
            task = self._depot.backlog.take(self.gateway.url, _POLL_S)
        except OSError as error:
            self._complain("internal", f"the steps of a segment can't be read: {error}")
            return self._backoff.next_s()
        return 0.0 if task is None else self._forward_or_keep(task)

    def _forward_or_keep(self, task: Task) -> float:
        """Forward what the gateway takes of the segment; how long to leave it alone (seconds), 0 when all was taken."""
        try:
            task.open()
            pause_s = self._forward(task)
            if pause_s is None and not self._is_left:
                self._release(task)
                return 0.0
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing acknowledged may be dropped
            if isinstance(error, FileNotFoundError) and not task.segment.path.exists():
                self._depot.journal.forget_lost(task.segment)
                task.progress.remove()
                return 0.0
            self._complain("internal", f"segment {task.segment.token} could not be forwarded: {error!r}")
            pause_s = self._backoff.next_s()
        self._depot.backlog.put_back(task)
        return pause_s or 0.0

    def _forward(self, task: Task) -> float | None:
        """None when every batch is done, else how long to leave the gateway alone."""
        while (batch := task.next_batch()) is not None:
            if self._stopping.is_set():
                return 0.0
            was_bound = task.bound_url is not None
            reply = self._send(task, batch)
            if reply.fate is Fate.TAKEN:
                self._note_taken(batch, reply)
                task.progress.finish(batch.extent)
            elif reply.fate is Fate.REFUSED:
                self._find_bad_record(task, batch, reply)
            else:
                return self._leave_alone(task, batch, reply, was_bound)
        return None

    def _send(self, task: Task, batch: Batch) -> Reply:
        trouble = self.gateway.connect()
        if trouble:
            return Reply(Fate.NOT_TAKEN, trouble)
        self._bind(task, batch)
        token = task.segment.token
        key = batch_key(self._depot.agent_id, token, batch.extent, batch.records)
        body = b"".join(self._resources.add_to(record.payload) for record in batch.records)
        return self.gateway.post(task.segment.stream.partition("/")[0], body, key)

    def _bind(self, task: Task, batch: Batch) -> None:
        try:
            task.progress.bind(batch.extent, self.gateway.url)
        except OSError as error:
            # Without other gateways there is none to mistake it for; and on a full disk, only sending makes room.
            if not self._depot.has_one_gateway:
                raise
            self._complaint.tell(f"the steps of {task.segment.token} can't be kept: {error}")

    def _note_taken(self, batch: Batch, reply: Reply) -> None:
        if not self.counts.is_up:
            log.info("%s takes batches", self.gateway.url)
        self.counts.is_up = True
        self.counts.batches += 1
        self.counts.requests += len(batch.records)
        self.counts.bytes += sum(len(record.payload) for record in batch.records)
        self.counts.repeats += reply.is_repeat
        self._backoff.reset()
        if reply.rejected:
            self.counts.rejected_records += reply.rejected
            self._complaint.tell(f"{self.gateway.url} left out {reply.rejected} records: {reply.reason}")

    def _find_bad_record(self, task: Task, batch: Batch, reply: Reply) -> None:
        """Halve the batch; set the record aside when it is the only one."""
        if len(batch.records) > 1:
            task.progress.cut(batch.extent)
            return
        if self.gateway.takes_gzip_instead():  # some answer 400 to an encoding that they don't know
            return
        name = f"{task.segment.token}.{batch.extent.start}-{batch.extent.end}"
        target = self._depot.quarantine.keep(name, batch.records[0].payload)
        task.progress.finish(batch.extent)
        self.counts.quarantined += 1
        log.error("a request that %s refuses was set aside as %s: %s", self.gateway.url, target, reply.reason)

    def _leave_alone(self, task: Task, batch: Batch, reply: Reply, was_bound: bool) -> float:
        """What was certainly not taken may go elsewhere; not if an earlier try of it may have been."""
        self._complain(reply.fate.value, f"{reply.reason}; everything stays on disk until it is taken")
        if reply.fate is not Fate.UNKNOWN and not was_bound and task.bound_url is not None:
            task.progress.free(batch.extent)
        return self._backoff.next_s(_DENIED_PAUSE_S if reply.fate is Fate.DENIED else reply.retry_after_s)

    def _complain(self, kind: str, message: str) -> None:
        self.counts.is_up = False
        self.counts.troubles[kind] = self.counts.troubles.get(kind, 0) + 1
        self._complaint.tell(message)

    def _release(self, task: Task) -> None:
        if task.is_whole:
            self._depot.journal.release(task.segment)
        else:
            self._depot.journal.set_aside(task.segment, self._depot.quarantine.directory, DAMAGED)
            self.counts.quarantined += 1
            log.error("%s was damaged; what could be read of it was sent, and it is set aside", task.segment.token)
        task.progress.remove()


def stop_all(forwarders: Sequence[Forwarder]) -> None:
    """Stop them together: several gateways that are silent take no longer than one."""
    for forwarder in forwarders:
        forwarder.ask_to_stop()
    deadline_s = time.monotonic() + _LAST_ANSWER_S
    for forwarder in forwarders:
        forwarder.stop(max(0.0, deadline_s - time.monotonic()))
