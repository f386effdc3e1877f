"""A keeper of a vault: each change of it is on disk before the call that made it returns."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from bedside.boundary import Vault
from bedside.errors import PersistenceError, safe_name
from bedside.persistence.case_rows import CaseRows, owner, place
from bedside.persistence.cipher import Cipher
from bedside.persistence.data_keys import DataKeys
from bedside.persistence.database import Database, idempotent

__all__ = ["VaultKeeper"]


@dataclass
class VaultKeeper:
    """A writer that stores a vault after each change, unless somebody else changed it since it was read."""

    database: Database
    keys: DataKeys
    cipher: Cipher
    revision: int
    unsure: bytes = b""
    """The last write, while it is not known whether it was kept."""
    one_by_one: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, vault: Vault) -> None:
        with self.one_by_one:
            self.revision = self._kept(vault)

    @idempotent
    def _kept(self, vault: Vault) -> int:
        """Write the vault and return its revision."""
        case, revision = vault.case, self.revision
        # The vault is dumped inside the transaction: of two threads, the later writes what the earlier knew too.
        with self.database.writing() as transaction:
            mine = "SELECT row FROM sealed_case_rows WHERE id = ? AND kind = 'vault' AND row = ? AND sealed = ?"
            if self.unsure and transaction.rows(mine, (case, revision + 1, self.unsure)):
                revision += 1
            following = revision + 1
            self.unsure = self.cipher.seal(vault.dump(), place(case, "vault", following))
            written = transaction.rows(
                "UPDATE sealed_case_rows SET row = ?, sealed = ? WHERE id = ? AND kind = 'vault' AND row = ? "
                "RETURNING row",
                (following, self.unsure, case, revision),
            )
            if not written:
                self.unsure = b""
                if self.keys.deleted(transaction, owner(case)):
                    raise CaseRows(self.keys).unknown(transaction, case)
                raise PersistenceError(
                    f"case {safe_name(case)} was changed by another process; start this step again"
                )
        self.unsure = b""
        return following
