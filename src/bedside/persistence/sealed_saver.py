"""The checkpointers of LangGraph, over SQLite and PostgreSQL, whose rows cannot be read or swapped."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.serde.types import INTERRUPT

from bedside.errors import PersistenceError, safe_name
from bedside.persistence.cipher import Cipher, require_kinds
from bedside.persistence.data_keys import DataKeys
from bedside.persistence.database import Database, Transaction, idempotent, repeated
from bedside.persistence.key_files import Claim, KeyHolder
from bedside.persistence.keys import StoreKey
from bedside.persistence.postgres import PostgresDatabase
from bedside.persistence.sealed_rows import SCHEMA, Handles, Head, Rows, Spot
from bedside.persistence.serializer import serializer
from bedside.persistence.sqlite import SqliteDatabase

__all__ = ["STATE_VERSION", "CheckpointHead", "SealedPostgresSaver", "SealedSaver", "SealedSqliteSaver"]

STATE_VERSION = 4
"""The version of the state that Bedside's graphs keep. It grows when newer code could misread a saved case."""


@dataclass(frozen=True, slots=True)
class CheckpointHead:
    """The status of a thread.

    Attributes:
        metadata: The metadata of its newest checkpoint.
        waits: Whether it waits for the answer to an interrupt.
    """

    metadata: Mapping[str, Any]
    waits: bool


class SealedSaver(BaseCheckpointSaver[str]):
    """A checkpointer whose rows are sealed, each bound to its place, and each thread under a data key of its own.

    A row without a seal, with another key's, changed, or moved to another thread, namespace, checkpoint, channel,
    version or task is refused with `PersistenceError`, and so is a checkpoint with a value missing. Thread ids,
    namespaces, channels and metadata are not readable on disk; checkpoint ids (a random UUID with a time), the
    number of rows and their sizes are. That the database or a thread was put back to an earlier state, or that the
    newest checkpoint or a pending write was taken away, cannot be noticed.

    Args:
        database: The database of the rows; `SealedSqliteSaver` and `SealedPostgresSaver` bring one.
        key: The store's key.
        state_version: Version of the state of your graphs. Raise it when old checkpoints do not fit any more.
        readable: Older versions that the graphs still understand.

    Raises:
        PersistenceError: The store was sealed with another key.
    """

    def __init__(
        self,
        database: Database,
        key: StoreKey | KeyHolder,
        *,
        state_version: int = STATE_VERSION,
        readable: Sequence[int] = (),
    ) -> None:
        super().__init__(serde=serializer())
        self._database = database
        try:
            self._keys = DataKeys(database, key, "checkpoints", "sealed_checkpoints")
        except BaseException:
            database.close()
            raise
        self._handles = Handles(self._keys.root)
        self._state_version = state_version
        self._readable = frozenset({state_version, *readable})

    @repeated
    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return the checkpoint that a config names, or the newest of its thread.

        Raises:
            PersistenceError: A row is not what was kept, or of a state version that is not readable.
        """
        thread, ns, checkpoint_id = _names(config)
        with self._database.reading() as transaction:
            if checkpoint_id is None:
                newest = self._newest(transaction, thread, ns)
                return self._load(transaction, *newest) if newest else None
            spot = self._handles.spot(thread, ns, checkpoint_id)
            return self._load(transaction, spot, self._sealed(transaction, spot))

    @repeated
    def head(self, thread_id: str) -> CheckpointHead | None:
        """Return the status of a thread without opening its state: for lists, before the graph's types are known.

        Raises:
            PersistenceError: A row is not what was kept.
        """
        with self._database.reading() as transaction:
            if (newest := self._newest(transaction, thread_id, "")) is None:
                return None
            spot, sealed = newest
            rows = self._rows(transaction, self._keys.of(transaction, spot.thread))
            writes = rows.open_writes(spot)
            return CheckpointHead(
                rows.open_head(spot, sealed).metadata, any(name == INTERRUPT for _, name, _ in writes)
            )

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Yield checkpoints, the newest first. Metadata is compared after it was opened.

        Raises:
            PersistenceError: As in `get_tuple`.
        """
        found = 0
        for spot in self._spots(config, before):
            if limit is not None and found >= limit:
                return
            one = self._at(spot, filter)
            if one is not None:
                found += 1
                yield one

    @idempotent
    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Keep a checkpoint; of its values only those that changed.

        Raises:
            CaseError: The thread was deleted.
        """
        thread, ns, parent = _names(config)
        body: dict[str, Any] = {**checkpoint}
        values: dict[str, Any] = body.pop("channel_values")
        small = {name: value for name, value in values.items() if value is None or isinstance(value, bool | int)}
        head = Head(
            thread=thread,
            ns=ns,
            parent=parent,
            state_version=self._state_version,
            held=tuple(name for name in values if name not in small and name in checkpoint["channel_versions"]),
            small=small,
            checkpoint=body,
            metadata=cast("dict[str, Any]", get_checkpoint_metadata(config, metadata)),
        )
        changed = [(name, values[name]) for name in head.held if name in new_versions]
        spot = self._handles.spot(thread, ns, checkpoint["id"])
        with self._database.writing() as transaction:
            rows = self._rows(transaction, self._keys.made(transaction, spot.thread, f"thread {safe_name(thread)}"))
            rows.put_head(spot, head)
            rows.put_values(spot, head, changed)
        return _config(config["configurable"]["thread_id"], ns, checkpoint["id"])

    @idempotent
    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Keep a task's writes, before its step is done.

        Raises:
            CaseError: The thread was deleted.
        """
        thread, ns, checkpoint_id = _names(config)
        assert checkpoint_id is not None, "LangGraph names the checkpoint of every write"
        spot = self._handles.spot(thread, ns, checkpoint_id)
        with self._database.writing() as transaction:
            rows = self._rows(transaction, self._keys.made(transaction, spot.thread, f"thread {safe_name(thread)}"))
            rows.put_writes(spot, writes, task_id, task_path)

    @idempotent
    def delete_thread(self, thread_id: str) -> None:
        """Delete a thread and destroy its data key for good: a run that continues it ends with `CaseError`.

        Of SQLite's file and WAL no byte of it stays. What PostgreSQL keeps of it, and every copy, can be opened by
        whoever has a copy of the sealed data key and the store's key of that time: see `rotate_key`.

        Raises:
            PersistenceError: The database is in use by another process; call again later.
        """
        handle = self._handles.thread(str(thread_id))
        with self._database.writing() as transaction:
            # The key first: who writes to this thread holds it, and is waited for; who comes later gets none.
            self._keys.destroy(transaction, handle)
            for table in ("sealed_checkpoints", "sealed_values", "sealed_writes"):
                transaction.run(f"DELETE FROM {table} WHERE thread = ?", (handle,))
        self._database.wipe()

    def rewrap(self, new: StoreKey) -> None:
        """Seal the data keys with a new key of the store. Use `rotate_key`, which does the case store as well.

        Raises:
            PersistenceError: A data key can be opened with neither key; then nothing was changed.
        """
        self._keys.rewrap(new)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return a checkpoint as `get_tuple` does, in a thread."""
        return await asyncio.to_thread(self.get_tuple, config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Yield checkpoints as `list` does, one after the other in a thread."""
        found = self.list(config, filter=filter, before=before, limit=limit)
        while (one := await asyncio.to_thread(next, found, None)) is not None:
            yield one

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Keep a checkpoint as `put` does, in a thread."""
        return await asyncio.to_thread(self.put, config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Keep writes as `put_writes` does, in a thread."""
        await asyncio.to_thread(self.put_writes, config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a thread as `delete_thread` does, in a thread of the process."""
        await asyncio.to_thread(self.delete_thread, thread_id)

    def get_next_version(self, current: str | None, channel: None) -> str:
        """Return a version that comes after another. Its end is random: two forks never share one."""
        number = 1 if current is None else int(current.split(".")[0]) + 1
        return f"{number:032}.{secrets.token_hex(8)}"

    @property
    def claim(self) -> Claim:
        """The claim of this part of the store, as it is noted beside the key."""
        return self._keys.claim

    def close(self) -> None:
        """Close the database, for all copies that `compile` made of this saver."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, transaction: Transaction, cipher: Cipher) -> Rows:
        # The serializer of this moment: `with_allowlist` changes that of a copy.
        return Rows(transaction, self._handles, cipher, self.serde)

    def _newest(self, transaction: Transaction, thread: str, ns: str) -> tuple[Spot, object] | None:
        handles = (self._handles.thread(thread), self._handles.ns(thread, ns))
        found = transaction.rows(
            "SELECT id, sealed FROM sealed_checkpoints WHERE thread = ? AND ns = ? ORDER BY id DESC LIMIT 1",
            handles,
        )
        if not found:
            return None
        require_kinds("sealed_checkpoints", found[0][:1], str)
        return Spot(*handles, found[0][0]), found[0][1]

    def _sealed(self, transaction: Transaction, spot: Spot) -> object:
        found = transaction.rows(
            "SELECT sealed FROM sealed_checkpoints WHERE thread = ? AND ns = ? AND id = ?", spot
        )
        return found[0][0] if found else None

    @repeated
    def _spots(self, config: RunnableConfig | None, before: RunnableConfig | None) -> Sequence[Spot]:
        """Return the places of the checkpoints in question, which are opened one by one, each in a transaction."""
        where: dict[str, bytes | str] = {}
        if config is not None:
            thread = str(config["configurable"]["thread_id"])
            where["thread = ?"] = self._handles.thread(thread)
            if (ns := config["configurable"].get("checkpoint_ns")) is not None:
                where["ns = ?"] = self._handles.ns(thread, ns)
            if checkpoint_id := get_checkpoint_id(config):
                where["id = ?"] = checkpoint_id
        if before is not None and (last := get_checkpoint_id(before)):
            where["id < ?"] = last
        conditions = f"WHERE {' AND '.join(where)}" if where else ""
        with self._database.reading() as transaction:
            found = transaction.rows(
                f"SELECT thread, ns, id FROM sealed_checkpoints {conditions} ORDER BY id DESC", [*where.values()]
            )
        for row in found:
            require_kinds("sealed_checkpoints", row, bytes, bytes, str)
        return [Spot(*row) for row in found]

    @repeated
    def _at(self, spot: Spot, filter: dict[str, Any] | None) -> CheckpointTuple | None:
        with self._database.reading() as transaction:
            return self._load(transaction, spot, self._sealed(transaction, spot), filter)

    def _load(
        self, transaction: Transaction, spot: Spot, sealed: object, filter: dict[str, Any] | None = None
    ) -> CheckpointTuple | None:
        """Return the checkpoint sealed at a spot, or `None` where there is none or its metadata does not match."""
        if sealed is None:
            return None
        rows = self._rows(transaction, self._keys.of(transaction, spot.thread))
        head = rows.open_head(spot, sealed)
        if any(head.metadata.get(key) != value for key, value in (filter or {}).items()):
            return None
        if head.state_version not in self._readable:
            readable = ", ".join(map(str, sorted(self._readable)))
            raise PersistenceError(
                f"checkpoint {spot.id} was saved with state version {head.state_version}; these graphs read "
                f"{readable}. Finish the case with the version that began it, or start it anew"
            )
        checkpoint = {**head.checkpoint, "channel_values": rows.open_values(spot, head)}
        return CheckpointTuple(
            config=_config(head.thread, head.ns, spot.id),
            checkpoint=cast(Checkpoint, checkpoint),
            metadata=cast(CheckpointMetadata, head.metadata),
            parent_config=_config(head.thread, head.ns, head.parent) if head.parent else None,
            pending_writes=rows.open_writes(spot),
        )


class SealedSqliteSaver(SealedSaver):
    """A `SealedSaver` over a SQLite file.

    Args:
        path: The file, made where it does not exist.
        key: The store's key.
        state_version: As in `SealedSaver`.
        readable: As in `SealedSaver`.

    Raises:
        PersistenceError: The file cannot be used, or was sealed with another key.
    """

    def __init__(
        self,
        path: Path,
        key: StoreKey | KeyHolder,
        *,
        state_version: int = STATE_VERSION,
        readable: Sequence[int] = (),
    ) -> None:
        super().__init__(SqliteDatabase(path, SCHEMA), key, state_version=state_version, readable=readable)


class SealedPostgresSaver(SealedSaver):
    """A `SealedSaver` over a PostgreSQL database, with synchronous and asynchronous methods.

    Args:
        url: `postgresql://[USER@]HOST[:PORT]/DATABASE`, without a password: see `PGPASSWORD`.
        key: The store's key.
        state_version: As in `SealedSaver`.
        readable: As in `SealedSaver`.

    Raises:
        MissingExtraError: psycopg is not installed.
        PersistenceError: The server cannot be used, or the store was sealed with another key.
    """

    def __init__(
        self,
        url: str,
        key: StoreKey | KeyHolder,
        *,
        state_version: int = STATE_VERSION,
        readable: Sequence[int] = (),
    ) -> None:
        super().__init__(PostgresDatabase(url, SCHEMA), key, state_version=state_version, readable=readable)


def _names(config: RunnableConfig) -> tuple[str, str, str | None]:
    """Return the thread, namespace and checkpoint id of a config."""
    return (
        str(config["configurable"]["thread_id"]),
        config["configurable"].get("checkpoint_ns", ""),
        get_checkpoint_id(config),
    )


def _config(thread: Any, ns: str, checkpoint_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread, "checkpoint_ns": ns, "checkpoint_id": checkpoint_id}}
