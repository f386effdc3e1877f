"""What lies in a folder of notes and is none: passed over, and named. All notes are synthetic."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bedside.persistence import ImageFile
from bedside.session.notes import Note, Unreadable, read_files, read_notes

SECRET = "Zebulon Quillfeather, another patient"


def outside(folder: Path) -> Path:
    other = folder.parent / "elsewhere"
    other.mkdir(exist_ok=True)
    (other / "secret.txt").write_text(SECRET)
    return other


def link_to_file(folder: Path) -> None:
    (folder / "odd.txt").symlink_to(outside(folder) / "secret.txt")


def link_by_way_of_a_folder(folder: Path) -> None:
    (folder / "inner").symlink_to(outside(folder))
    (folder / "odd.txt").symlink_to(folder / "inner" / "secret.txt")


def link_to_a_device(folder: Path) -> None:
    (folder / "odd.txt").symlink_to("/dev/zero")


def link_to_nothing(folder: Path) -> None:
    (folder / "odd.txt").symlink_to(folder / "gone.txt")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "odd.txt")


def listening(folder: Path) -> None:
    here = os.getcwd()
    os.chdir(folder)  # the name of a socket has an end of its own
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("odd.txt")
    finally:
        os.chdir(here)


ODD = [link_to_file, link_by_way_of_a_folder, link_to_a_device, link_to_nothing, pipe, listening]
READ: dict[str, Callable[[list[str]], Iterator[Any]]] = {"notes": read_notes, "files": read_files}


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize("plant", ODD, ids=lambda one: one.__name__)
def test_guarantee_what_was_planted_in_a_folder_is_passed_over_and_named(
    plant: Callable[[Path], None], read: str, tmp_path: Path
) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "note.txt").write_text("Chest pain.")
    plant(folder)
    found = list(READ[read]([str(folder)]))
    assert [one.text for one in found if isinstance(one, Note)] == ["Chest pain."]
    assert not [one for one in found if isinstance(one, ImageFile)]
    (odd,) = [one for one in found if isinstance(one, Unreadable)]
    assert "passed over" in odd.message
    assert "odd.txt" in odd.message


@pytest.mark.parametrize("read", READ)
def test_a_link_within_its_folder_is_read(read: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "real.md").write_text("Cough.")
    (tmp_path / "note.txt").symlink_to(tmp_path / "sub" / "real.md")
    assert "Cough." in [one.text for one in READ[read]([str(tmp_path)]) if isinstance(one, Note)]


def test_a_link_that_is_named_itself_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    link_to_file(folder)
    (note,) = read_notes([str(folder / "odd.txt")])
    assert isinstance(note, Note)
