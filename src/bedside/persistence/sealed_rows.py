"""The three tables of the sealed saver, and the place to which each of their rows is bound.

    sealed_checkpoints   thread, namespace, checkpoint id       one row a checkpoint, without its values
    sealed_values        thread, namespace, channel, version    one row a changed channel
    sealed_writes        thread, namespace, checkpoint id,      one row a write of a task
                         task, index

Each thread has a data key; the handles come from the key of the store's root, so that a thread is found before its
key is known.

Thread, namespace, channel, task and the rest are on disk as keyed handles; only the checkpoint id, a random
UUID with a time in it, is in clear, because rows are ordered by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from langgraph.checkpoint.base import WRITES_IDX_MAP, PendingWrite, writes_sort_key
from langgraph.checkpoint.serde.base import SerializerProtocol

from bedside.persistence.cipher import Cipher, Place, require_kinds, to_bytes
from bedside.persistence.data_keys import KEY_TABLE
from bedside.persistence.database import Schema, Transaction

__all__ = ["SCHEMA", "Handles", "Head", "Rows", "Spot"]

SCHEMA = Schema(
    {
        **KEY_TABLE,
        "sealed_checkpoints": (
            "thread {blob} NOT NULL, ns {blob} NOT NULL, id {text} NOT NULL, sealed {blob} NOT NULL, "
            "PRIMARY KEY (thread, ns, id)"
        ),
        "sealed_values": (
            "thread {blob} NOT NULL, handle {blob} NOT NULL, sealed {blob} NOT NULL, PRIMARY KEY (thread, handle)"
        ),
        "sealed_writes": (
            "thread {blob} NOT NULL, ns {blob} NOT NULL, id {text} NOT NULL, handle {blob} NOT NULL, "
            "sealed {blob} NOT NULL, PRIMARY KEY (thread, ns, id, handle)"
        ),
    }
)


class Spot(NamedTuple):
    """The place of a checkpoint, as its columns give it."""

    thread: bytes
    ns: bytes
    id: str


class Head(NamedTuple):
    """A checkpoint without its values.

    Attributes:
        thread: The real thread id.
        ns: The real namespace.
        parent: Id of the checkpoint before.
        state_version: The version of the state with which it was saved.
        held: Channels whose values are in `sealed_values`; one that is missing there was removed.
        small: Values that need no row of their own: LangGraph's triggers, switches, counters.
        checkpoint: LangGraph's checkpoint without `channel_values`.
        metadata: All of it.
    """

    thread: str
    ns: str
    parent: str | None
    state_version: int
    held: tuple[str, ...]
    small: dict[str, Any]
    checkpoint: dict[str, Any]
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Handles:
    """The names of threads, namespaces, values and writes on disk."""

    root: Cipher

    def thread(self, thread: str) -> bytes:
        """Return the handle of a thread id."""
        return self.root.known_handle("thread", thread)

    def ns(self, thread: str, ns: str) -> bytes:
        """Return the handle of a namespace, which differs in each thread."""
        return self.root.known_handle("ns", thread, ns)

    def spot(self, thread: str, ns: str, checkpoint: str) -> Spot:
        """Return the place of a checkpoint."""
        return Spot(self.thread(thread), self.ns(thread, ns), checkpoint)

    def value(self, spot: Spot, channel: str, version: object) -> bytes:
        """Return the handle of a channel's value in a version."""
        return self.root.handle("value", spot.thread, spot.ns, channel, repr(version))

    def write(self, task: str, index: int) -> bytes:
        """Return the handle of a task's write; it is stored beside its checkpoint."""
        return self.root.handle("write", task, str(index))


@dataclass(frozen=True, slots=True)
class Rows:
    """A codec that seals the values of one thread into rows of a transaction and opens them.

    What is known before a row is opened is its associated data. The rest (channel and path of a write, parent of a
    checkpoint) is inside, where it is authenticated as well.
    """

    transaction: Transaction
    handles: Handles
    cipher: Cipher
    serde: SerializerProtocol

    def put_head(self, spot: Spot, head: Head) -> None:
        """Write a checkpoint without its values, over one with the same id."""
        # As bytes: the serializer would replace what is no Unicode, and the row would be of another thread.
        names = {"thread": to_bytes(head.thread), "ns": to_bytes(head.ns)}
        sealed = self._seal({**head._asdict(), **names}, _checkpoint_place(spot))
        self.transaction.run(
            "INSERT INTO sealed_checkpoints VALUES (?, ?, ?, ?) "
            "ON CONFLICT (thread, ns, id) DO UPDATE SET sealed = excluded.sealed",
            (*spot, sealed),
        )

    def open_head(self, spot: Spot, sealed: object) -> Head:
        """Open a row of `sealed_checkpoints`."""
        place = _checkpoint_place(spot)
        fields = self._open(sealed, place)
        names = {name: fields[name].decode("utf-8", "surrogatepass") for name in ("thread", "ns")}
        head = Head(**{**fields, **names, "held": tuple(fields["held"])})
        if self.handles.spot(head.thread, head.ns, head.checkpoint["id"]) != spot:
            raise place.refused("it belongs to another place")
        return head

    def put_values(self, spot: Spot, head: Head, values: Iterable[tuple[str, Any]]) -> None:
        """Write the values of channels under their versions in this checkpoint."""
        rows = []
        for channel, value in values:
            handle, place = self._value_place(spot, head, channel)
            rows.append((spot.thread, handle, self._seal(value, place)))
        self.transaction.run_many(
            "INSERT INTO sealed_values VALUES (?, ?, ?) "
            "ON CONFLICT (thread, handle) DO UPDATE SET sealed = excluded.sealed",
            rows,
        )

    def open_values(self, spot: Spot, head: Head) -> dict[str, Any]:
        """Return all values of a checkpoint."""
        places = {channel: self._value_place(spot, head, channel) for channel in head.held}
        found: dict[bytes, object] = {}
        if places:
            marks = ", ".join("?" * len(places))
            rows = self.transaction.rows(
                f"SELECT handle, sealed FROM sealed_values WHERE thread = ? AND handle IN ({marks})",
                [spot.thread, *(handle for handle, _ in places.values())],
            )
            found = dict(rows)
        values = dict(head.small)
        for channel, (handle, place) in places.items():
            if handle not in found:
                raise place.refused("the row is missing")
            values[channel] = self._open(found[handle], place)
        return values

    def put_writes(self, spot: Spot, writes: Sequence[tuple[str, Any]], task: str, path: str) -> None:
        """Write a task's writes. Of plain writes the first counts; of errors, interrupts, resumes the last."""
        for position, (channel, value) in enumerate(writes):
            index = WRITES_IDX_MAP.get(channel, position)
            handle = self.handles.write(task, index)
            sealed = self._seal((task, path, index, channel, value), _write_place(spot, handle))
            action = "NOTHING" if index >= 0 else "UPDATE SET sealed = excluded.sealed"
            self.transaction.run(
                "INSERT INTO sealed_writes VALUES (?, ?, ?, ?, ?) "
                f"ON CONFLICT (thread, ns, id, handle) DO {action}",
                (*spot, handle, sealed),
            )

    def open_writes(self, spot: Spot) -> list[PendingWrite]:
        """Return the writes of a checkpoint's tasks, in the order in which they count."""
        rows = self.transaction.rows(
            "SELECT handle, sealed FROM sealed_writes WHERE thread = ? AND ns = ? AND id = ?", spot
        )
        writes = []
        for handle, sealed in rows:
            require_kinds("sealed_writes", (handle,), bytes)
            place = _write_place(spot, handle)
            task, path, index, channel, value = self._open(sealed, place)
            if self.handles.write(task, index) != handle:
                raise place.refused("it belongs to another place")
            writes.append((writes_sort_key(path, task, index), (task, channel, value)))
        return [write for _, write in sorted(writes, key=lambda one: one[0])]

    def _value_place(self, spot: Spot, head: Head, channel: str) -> tuple[bytes, Place]:
        handle = self.handles.value(spot, channel, head.checkpoint["channel_versions"][channel])
        return handle, Place("sealed_values", (handle,), b"sealed_values\x00" + spot.thread + spot.ns + handle)

    def _seal(self, value: Any, place: Place) -> bytes:
        kind, data = self.serde.dumps_typed(value)
        return self.cipher.seal(kind.encode() + b"\x00" + data, place)

    def _open(self, sealed: object, place: Place) -> Any:
        kind, _, data = self.cipher.open(sealed, place).partition(b"\x00")
        try:
            return self.serde.loads_typed((kind.decode(), data))
        except Exception as error:  # the serializer's own errors may quote the value
            raise place.refused(f"its value cannot be read: {type(error).__name__}") from None


# Handles have one length, and what has not comes last: the parts of a place cannot run into each other.


def _checkpoint_place(spot: Spot) -> Place:
    return Place("sealed_checkpoints", spot, b"sealed_checkpoints\x00" + spot.thread + spot.ns + to_bytes(spot.id))


def _write_place(spot: Spot, handle: bytes) -> Place:
    bound = b"sealed_writes\x00" + spot.thread + spot.ns + handle + to_bytes(spot.id)
    return Place("sealed_writes", (*spot, handle), bound)
