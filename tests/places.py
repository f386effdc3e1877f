"""Where the sealed stores of a test lie: files of SQLite, or a database of a server that is thrown away."""

from __future__ import annotations

import json
import os
import re
import secrets
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bedside.persistence import (
    KeyHolder,
    PostgresCaseStore,
    SealedCaseStore,
    SealedPostgresSaver,
    SealedSaver,
    SealedSqliteSaver,
    SqliteCaseStore,
    StoreKey,
)

__all__ = ["PostgresPlace", "PostgresServer", "SqlitePlace", "StorePlace"]

SCRIPT = Path(__file__).parents[1] / "scripts" / "postgres.py"


class StorePlace(Protocol):
    """A place that can be opened again and again, and that a thief can write to."""

    kind: str

    @property
    def store(self) -> str:
        """As `--store` names it."""
        ...

    def cases(self, key: StoreKey | KeyHolder) -> SealedCaseStore: ...

    def saver(self, key: StoreKey | KeyHolder, **options: Any) -> SealedSaver: ...

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """What stands in a table."""
        ...

    def clumsy(self, table: str, statement: str) -> None:
        """Run a statement on the database of a table."""
        ...

    def meddle(self, table: str, statements: str) -> int:
        """Run statements on the database of a table, guards lifted; says how many rows changed."""
        ...


@dataclass
class SqlitePlace:
    """`cases.db` and `checkpoints.db` in a folder."""

    folder: Path
    kind: str = "sqlite"

    @property
    def store(self) -> str:
        return str(self.folder)

    def cases(self, key: StoreKey | KeyHolder) -> SqliteCaseStore:
        return SqliteCaseStore(self.folder / "cases.db", key)

    def saver(self, key: StoreKey | KeyHolder, **options: Any) -> SealedSqliteSaver:
        return SealedSqliteSaver(self.folder / "checkpoints.db", key, **options)

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._file(table))) as thief:
            return thief.execute(f"SELECT {columns} FROM {table}").fetchall()

    def clumsy(self, table: str, statement: str) -> None:
        with closing(sqlite3.connect(self._file(table))) as user:
            user.execute(statement)

    def meddle(self, table: str, statements: str) -> int:
        with closing(sqlite3.connect(self._file(table))) as thief:
            for name in ("keeps", "stays"):
                thief.execute(f"DROP TRIGGER IF EXISTS sealed_audit_{name}")
            before = thief.total_changes
            thief.executescript(statements)
            return thief.total_changes - before

    def _file(self, table: str) -> Path:
        of_saver = table in ("sealed_checkpoints", "sealed_values", "sealed_writes")
        return self.folder / ("checkpoints.db" if of_saver else "cases.db")


@dataclass
class PostgresServer:
    """A server of one's own; its superuser's URL, data folder, log and programs."""

    url: str
    data: Path
    log: Path
    bin: Path
    process: subprocess.Popen[str]

    @classmethod
    def start(cls) -> PostgresServer | str:
        """Start one, or say why there is none."""
        command = [sys.executable, str(SCRIPT)]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        if not (line := process.stdout.readline()):
            return process.communicate()[1].strip().splitlines()[-1]
        told = json.loads(line)
        server = cls(told["url"], Path(told["data"]), Path(told["log"]), Path(told["bin"]), process)
        server.run("CREATE ROLE bedside LOGIN")
        return server

    def stop(self) -> None:
        self.process.communicate()

    def restart(self) -> None:
        """As an administrator does it; clients are cut off."""
        as_user: Any = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        command: list[str | Path] = [
            self.bin / "pg_ctl",
            "-D",
            self.data,
            "-l",
            self.log,
            "-m",
            "fast",
            "-w",
            "restart",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **as_user)

    def run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def place(self) -> PostgresPlace:
        """A new database of an ordinary user."""
        name = f"bedside_{secrets.token_hex(4)}"
        self.run(f"CREATE DATABASE {name} OWNER bedside")
        url = self.url.replace("postgres@/postgres", f"bedside@/{name}")
        return PostgresPlace(url, self, log_start=self.log.stat().st_size)


@dataclass
class PostgresPlace:
    """A database, both stores in it."""

    url: str
    server: PostgresServer
    log_start: int = 0
    kind: str = "postgres"

    @property
    def store(self) -> str:
        return self.url

    def cases(self, key: StoreKey | KeyHolder) -> PostgresCaseStore:
        return PostgresCaseStore(self.url, key)

    def saver(self, key: StoreKey | KeyHolder, **options: Any) -> SealedPostgresSaver:
        return SealedPostgresSaver(self.url, key, **options)

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.url) as thief:
            return thief.execute(f"SELECT {columns} FROM {table}".encode()).fetchall()

    def clumsy(self, table: str, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url) as user:
            user.execute(statement.encode())

    def meddle(self, table: str, statements: str) -> int:
        import psycopg

        # The statements are written for SQLite.
        statements = re.sub(r"x'([0-9a-f]*)'", r"'\\x\1'::bytea", statements).replace("AS BLOB", "AS BYTEA")
        with psycopg.connect(self.url, autocommit=True) as thief:
            if thief.execute("SELECT to_regclass('sealed_audit')").fetchall() != [(None,)]:
                thief.execute("ALTER TABLE sealed_audit DISABLE TRIGGER USER")
            return sum(thief.execute(one.encode()).rowcount for one in statements.split(";") if one.strip())

    @property
    def name(self) -> str:
        """Of the database."""
        return self.url.partition("@/")[2].partition("?")[0]

    def dump(self) -> bytes:
        """What pg_dump makes of the database."""
        return subprocess.run([self.server.bin / "pg_dump", self.url], capture_output=True, check=True).stdout

    def restored(self, dump: bytes) -> PostgresPlace:
        """A dump in a new database."""
        place = self.server.place()
        subprocess.run([self.server.bin / "psql", "-q", place.url], input=dump, capture_output=True, check=True)
        return place

    def log(self) -> bytes:
        """What the server logged since the database was made: every statement with its values."""
        return self.server.log.read_bytes()[self.log_start :]

    def wal(self) -> bytes:
        """The server's write-ahead log; read it before `tables`, which lets the server overwrite it."""
        return self._files("pg_wal")

    def tables(self) -> bytes:
        """The files of all its tables, after what is in its memory was written there."""
        self.server.run("CHECKPOINT")
        return self._files("base")

    def _files(self, folder: str) -> bytes:
        return b"".join(one.read_bytes() for one in (self.server.data / folder).rglob("*") if one.is_file())
