"""Runs that wait for a worker, in the sealed store beside their cases.

One row a case: its random handle, a state, times and the worker that holds it are in clear, so that the next one is
found without opening any; graph, inputs, answers and owner are sealed under the key of the case, and go with it.

A worker holds a run by a lease that it renews. A process that is killed renews nothing, so the next worker takes
its runs over when the lease ends and goes on from their checkpoints; what left before is in the egress record and
is not sent again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from bedside.errors import CaseError, ConflictError, QueueFullError, safe_name
from bedside.persistence.case_rows import json_bytes, owner
from bedside.persistence.cipher import Cipher, Place
from bedside.persistence.data_keys import DataKeys
from bedside.persistence.database import Database, Transaction, idempotent, repeated
from bedside.records import CaseId

__all__ = ["RUNS_TABLE", "Run", "RunQueue", "RunState"]

RUNS_TABLE = {
    "sealed_runs": (
        "id {text} PRIMARY KEY, state {text} NOT NULL, queued {text} NOT NULL, worker {text} NOT NULL, "
        "until {text} NOT NULL, sealed {blob} NOT NULL"
    )
}


class RunState(StrEnum):
    """The state of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    REVIEW = "review"
    """A person must answer first."""
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """A graph's run on a case.

    Attributes:
        case: The handle of the case.
        graph: Name of the graph.
        state: Its state.
        queued: When it was put in the queue, or went back to it, UTC.
        owner: Who started it: the id of a key, or issuer and subject of a user.
        patient: The patient of the record that it was launched from, as a URL, or empty.
        review: Whether a person is asked at each review step. Free text waits for a person in any case.
        inputs: Further input channels of the graph.
        pause: Id of the interrupt that waits for a person, or empty.
        asks: Kind of the request that waits, or empty: `questions`, `result`, ….
        answers: Answers of people that the graph was not given yet, by interrupt.
        urgency: Urgency as far as it is known, 1 to 5.
        understood: False where a person must read the notes.
        error: Why it failed. It holds no word of a note.
        attempts: How often a worker began it and did not come to an end.
        ended: When it came to its end or its pause, UTC.
    """

    case: CaseId
    graph: str
    state: RunState = RunState.QUEUED
    queued: datetime = field(default_factory=lambda: datetime.now(UTC))
    owner: str = ""
    patient: str = ""
    review: bool = True
    inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    pause: str = ""
    asks: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    urgency: int | None = None
    understood: bool | None = None
    error: str = ""
    attempts: int = 0
    ended: datetime | None = None

    def dump(self) -> bytes:
        """Return what is sealed, as JSON."""
        values = asdict(self)
        for name in ("case", "state", "queued"):
            del values[name]
        return json_bytes({**values, "ended": self.ended.isoformat() if self.ended else None})

    @classmethod
    def load(cls, case: CaseId, state: str, queued: str, data: bytes) -> Self:
        """Return the run of a row."""
        values = json.loads(data)
        ended = values.pop("ended")
        return cls(
            case=case,
            state=RunState(state),
            queued=datetime.fromisoformat(queued),
            ended=datetime.fromisoformat(ended) if ended else None,
            **values,
        )


class RunQueue:
    """The runs of one store. Threads may share it, processes a database.

    Args:
        database: The database of the cases.
        keys: The data keys of the cases.
    """

    MOST_ATTEMPTS = 3
    """Times that a run may be begun and not come to an end: a note that kills its worker must not kill them all."""

    def __init__(self, database: Database, keys: DataKeys) -> None:
        self._database, self._keys = database, keys

    @repeated
    def put(self, run: Run, *, most: int) -> None:
        """Put a run in the queue.

        Args:
            run: A run of a case that has none.
            most: How many may wait.

        Raises:
            QueueFullError: So many wait already.
            ConflictError: The case has a run.
            CaseError: The case is unknown or was deleted.
        """
        with self._database.writing() as transaction:
            transaction.lock("sealed_runs")
            if self._waiting(transaction) >= most:
                raise QueueFullError(f"{most} runs wait already")
            if transaction.rows("SELECT 1 FROM sealed_runs WHERE id = ?", (run.case,)):
                raise ConflictError(f"case {safe_name(run.case)} has a run")
            transaction.run(
                "INSERT INTO sealed_runs VALUES (?, ?, ?, '', '', ?)",
                (run.case, run.state.value, run.queued.isoformat(), self._seal(transaction, run)),
            )

    @repeated
    def waiting(self) -> int:
        """Return how many runs wait for a worker."""
        with self._database.reading() as transaction:
            return self._waiting(transaction)

    @repeated
    def claim(self, worker: str, lease: timedelta) -> Run | None:
        """Take the next run: the one that waits longest, or one whose worker let its lease end.

        A run that was begun `MOST_ATTEMPTS` times without an end fails here.

        Returns:
            The run, which is this worker's until the lease ends, or `None` where nothing waits.
        """
        now = datetime.now(UTC)
        with self._database.writing() as transaction:
            transaction.lock("sealed_runs")
            while True:
                found = transaction.rows(
                    "SELECT id, state, queued, sealed FROM sealed_runs WHERE state = 'queued' OR "
                    "(state = 'running' AND until < ?) ORDER BY queued, id LIMIT 1",
                    (now.isoformat(),),
                )
                if not found:
                    return None
                run = self._open(transaction, *found[0])
                if run.attempts >= self.MOST_ATTEMPTS:
                    failed = replace(run, state=RunState.FAILED, error=_GIVEN_UP.format(run.attempts), ended=now)
                    self._write(transaction, failed, "", "")
                    continue
                taken = replace(run, state=RunState.RUNNING, attempts=run.attempts + 1)
                self._write(transaction, taken, worker, (now + lease).isoformat())
                return taken

    @idempotent
    def renew(self, worker: str, lease: timedelta) -> None:
        """Renew the leases of all runs that a worker holds."""
        until = (datetime.now(UTC) + lease).isoformat()
        with self._database.writing() as transaction:
            transaction.run(
                "UPDATE sealed_runs SET until = ? WHERE worker = ? AND state = 'running'", (until, worker)
            )

    @repeated
    def end(self, worker: str, run: Run) -> bool:
        """Write what became of a run: its end, its pause, or that it waits again.

        Returns:
            False where the run is no longer this worker's, or its case was deleted: then nothing was written.
        """
        with self._database.writing() as transaction:
            transaction.lock("sealed_runs")
            found = transaction.rows("SELECT worker, state FROM sealed_runs WHERE id = ?", (run.case,))
            if found != [(worker, RunState.RUNNING.value)]:
                return False
            self._write(transaction, run, "", "")
            return True

    @repeated
    def answer(self, case: CaseId, pause: str, answer: Any) -> Run:
        """Give the answer of a person to what waits, and put the run back in the queue.

        Args:
            case: The case.
            pause: Id of the interrupt that the person saw.
            answer: The answer as JSON.

        Raises:
            ConflictError: The run waits for nobody, or for something else: somebody else was faster.
            CaseError: The case is unknown, or has no run.
        """
        with self._database.writing() as transaction:
            transaction.lock("sealed_runs")
            run = self._of(transaction, case)
            if run.state is not RunState.REVIEW:
                raise ConflictError(f"case {safe_name(case)} waits for no answer: it is {run.state.value}")
            if run.pause != pause:
                raise ConflictError(f"case {safe_name(case)} waits for another answer by now")
            again = replace(
                run,
                state=RunState.QUEUED,
                queued=datetime.now(UTC),
                pause="",
                asks="",
                answers={pause: answer},
                attempts=0,
                ended=None,
            )
            self._write(transaction, again, "", "")
            return again

    @repeated
    def get(self, case: CaseId) -> Run:
        """Return the run of a case.

        Raises:
            CaseError: The case is unknown, was deleted, or has no run.
        """
        with self._database.reading() as transaction:
            return self._of(transaction, case)

    @repeated
    def all(self, states: Sequence[RunState] = tuple(RunState)) -> tuple[Run, ...]:
        """Return the runs in some states, the oldest first."""
        marks = ", ".join("?" * len(states))
        with self._database.reading() as transaction:
            rows = transaction.rows(
                f"SELECT id, state, queued, sealed FROM sealed_runs WHERE state IN ({marks}) ORDER BY queued, id",
                [state.value for state in states],
            )
            return tuple(self._open(transaction, *row) for row in rows)

    def _waiting(self, transaction: Transaction) -> int:
        return int(transaction.rows("SELECT count(*) FROM sealed_runs WHERE state = 'queued'")[0][0])

    def _of(self, transaction: Transaction, case: CaseId) -> Run:
        found = transaction.rows("SELECT id, state, queued, sealed FROM sealed_runs WHERE id = ?", (case,))
        if not found:
            raise CaseError(f"case {safe_name(case)} has no run")
        return self._open(transaction, *found[0])

    def _write(self, transaction: Transaction, run: Run, worker: str, until: str) -> None:
        transaction.run(
            "UPDATE sealed_runs SET state = ?, queued = ?, worker = ?, until = ?, sealed = ? WHERE id = ?",
            (run.state.value, run.queued.isoformat(), worker, until, self._seal(transaction, run), run.case),
        )

    def _seal(self, transaction: Transaction, run: Run) -> bytes:
        cipher = self._keys.held(transaction, owner(run.case), f"case {safe_name(run.case)}")
        return cipher.seal(run.dump(), _place(run.case, run.state, run.queued.isoformat()))

    def _open(self, transaction: Transaction, case: CaseId, state: str, queued: str, sealed: object) -> Run:
        cipher: Cipher = self._keys.of(transaction, owner(case))
        return Run.load(case, state, queued, cipher.open(sealed, _place(case, state, queued)))


_GIVEN_UP = "it was begun {} times and its process ended each time; start it again from its notes"


def _place(case: CaseId, state: str, queued: str) -> Place:
    return Place.of("sealed_runs", case, state, queued)
