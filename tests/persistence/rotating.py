"""Run by test_rotation in a process of its own: changes the key of a store and kills itself at one moment.

python rotating.py STORE KEY_FILE MOMENT      MOMENT: made, new, inside, cases, saver, linked, replaced, or never
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from bedside.persistence import is_postgres, rotation, sealed_cases, sealed_saver
from bedside.persistence.cipher import Cipher
from bedside.persistence.stores import openers


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(of: Any, name: str) -> None:
    """Die as soon as something was done."""
    done = getattr(of, name)

    def once(*words: Any, **named: Any) -> None:
        done(*words, **named)
        die()

    setattr(of, name, once)


def main(store: str, key_file: Path, moment: str) -> None:
    if moment == "new":
        rotation.rotate_key = die
    elif moment == "inside":  # half of a database's keys are sealed anew, and nothing is committed
        seal, sealed = Cipher.seal, iter(range(3))

        def third(self: Any, data: bytes, place: Any) -> bytes:
            if next(sealed) == 2:
                die()
            return seal(self, data, place)

        Cipher.seal = third  # type: ignore[method-assign]
    elif moment == "cases":
        then_die(sealed_cases.SealedCaseStore, "rewrap")
    elif moment == "saver":
        then_die(sealed_saver.SealedSaver, "rewrap")
    elif moment == "linked":
        os.replace = die
    elif moment == "made":  # the new key has its name, and its scratch file is still there
        then_die(os, "link")
    elif moment == "replaced":
        then_die(os, "replace")
    rotation.rotate_key_file(key_file, *openers(store if is_postgres(store) else Path(store)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
