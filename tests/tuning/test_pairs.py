"""Pairs are checked line by line, before anything is trained, and what is said of them names no word of theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bedside.errors import InputError
from bedside.tuning import read_pairs
from tests.tuning.rows import draw, rows, write

pytest.importorskip("PIL")

SECRET = "Zebulon"
GOOD: dict[str, Any] = {"patient": "p1", "note": "cough", "instruction": "Urgency?", "target": "4"}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


BAD: list[tuple[Any, str]] = [
    ("{", "is not JSON, at character 2"),
    (f'{{"note": "{SECRET}', "is not JSON, at character 10"),
    (f'{{"note": "\\{SECRET}"}}', "is not JSON, at character 11"),
    ("[" * 100_000, "nested too deeply"),
    ('{"patient": ' + "1" * 5_000 + "}", "a number too long"),
    (b'{"note": "caf\xe9"}', "is not UTF-8, at byte 13"),
    (f'["{SECRET}"]', "is a JSON list, not an object"),
    ('{"note": "a", "note": "b"}', "names a field twice"),
    (json.dumps({**GOOD, "target": [float("nan")]}), "NaN"),
    ({**GOOD, SECRET + " Smith": 1}, "(a name of 13 characters that is no identifier); known are patient"),
    ({**GOOD, "image_path": "a.png"}, "has a field 'image_path'"),
    (without("patient"), "has no patient"),
    (without("instruction"), "has no instruction, or a prompt beside it"),
    ({**GOOD, "prompt": "read/facts"}, "has no instruction, or a prompt beside it"),
    ({**without("instruction"), "prompt": "read/facts", "image": "good.png"}, "a prompt is filled with a note"),
    (without("target"), "has no target"),
    (without("note"), "has neither note nor image"),
    ({**GOOD, "patient": 17}, "patient is a int, not a string"),
    ({**GOOD, "note": None}, "note is a NoneType, not a string"),
    ({**GOOD, "note": " \n"}, "note is empty"),
    ({**GOOD, "target": ""}, "target is empty"),
    ({**GOOD, "target": {}}, "target is empty"),
    ({**GOOD, "target": 4}, "target is a int, not a string"),
    ({**GOOD, "target": "\ud800"}, "target holds half of a surrogate pair"),
    (json.dumps({**GOOD, "image": []}), "image is no path and no list of paths"),
    (json.dumps({**GOOD, "image": {"path": SECRET}}), "image is no path and no list of paths"),
    (json.dumps({**GOOD, "image": ["a.png"] * 86}), "image has 86 files; 85 are the most"),
    (json.dumps({**GOOD, "image": f"{SECRET}.png"}), "image 1 cannot be read: No such file"),
    (json.dumps({**GOOD, "image": ["good.png", "../x.png"]}), "image 2 lies outside of the data's folder"),
    (json.dumps({**GOOD, "image": "/etc/passwd"}), "image 1 is an absolute path"),
    (json.dumps({**GOOD, "image": "loop.png"}), "image 1 "),
    (json.dumps({**GOOD, "image": "a\0.png"}), "image 1 is no path"),
    (json.dumps({**GOOD, "image": "."}), "image 1 cannot be read: Is a directory"),
    (json.dumps({**GOOD, "image": "a" * 300}), "image 1 "),
    (json.dumps({**GOOD, "image": "link.png"}), "image 1 lies outside of the data's folder"),
    (json.dumps({**GOOD, "image": "cut.png"}), "image 1 is no readable PNG or JPEG"),
    (json.dumps({**GOOD, "image": "text.png"}), "image 1 is no readable PNG or JPEG"),
    (json.dumps({**GOOD, "image": "bitmap.bmp"}), "image 1 is no readable PNG or JPEG"),
    (json.dumps({**GOOD, "image": "deep.png"}), "mode I;16; export it as 8-bit"),
    (json.dumps({**GOOD, "image": "clear.png"}), "mode RGBA; export it as 8-bit"),
]


@pytest.mark.parametrize(("line", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_a_bad_line_is_named_by_number_field_and_reason(tmp_path: Path, line: Any, message: str) -> None:
    draw(tmp_path / "x.png")
    folder = tmp_path / "data"
    whole = draw(folder / "good.png").read_bytes()
    (folder / "link.png").symlink_to(tmp_path / "x.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "text.png").write_text(SECRET)
    draw(folder / "bitmap.bmp")
    draw(folder / "deep.png", mode="I;16")
    draw(folder / "clear.png", mode="RGBA")
    write(folder, [GOOD, line, GOOD])
    with pytest.raises(InputError) as caught:
        read_pairs(folder)
    said = str(caught.value)
    assert "pairs.jsonl: 1 line cannot be used\n  line 2: " in said
    assert message in said
    assert SECRET not in said


def test_the_first_five_bad_lines_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    write(tmp_path, [GOOD, *["{"] * 7])
    with pytest.raises(InputError) as caught:
        read_pairs(tmp_path)
    said = str(caught.value)
    assert "7 lines cannot be used" in said
    assert "line 6" in said
    assert "line 7" not in said
    assert said.endswith("and 2 more")


@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere.jsonl", "cannot be read"), ("", "pairs.jsonl cannot be read"), ("e", "no pairs")],
)
def test_a_file_that_is_not_there_or_empty(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "e").write_text("\n\n")
    with pytest.raises(InputError, match=message):
        read_pairs(tmp_path / name)


def test_what_a_pair_holds(tmp_path: Path) -> None:
    lines: list[Any] = [
        {**GOOD, "note": "  cough\n"},
        "",
        {**without("note"), "image": ["a.png", "sub/b.jpg"], "target": {"ü": [1, True]}},
        {**GOOD, "target": '{"urgency": 4}'},
        {**GOOD, "target": "4"},
    ]
    write(tmp_path, lines)
    file = tmp_path / "pairs.jsonl"
    file.write_bytes("\ufeff".encode() + file.read_bytes().replace(b"\n", b"\r\n"))
    data = read_pairs(file)
    first, second, third, fourth = data.pairs
    assert [pair.line for pair in data.pairs] == [1, 3, 4, 5]
    assert first.note == "cough"
    assert second.note == ""
    assert [path.name for path in second.images] == ["a.png", "b.jpg"]
    assert second.target == '{"ü": [1, true]}'
    assert [pair.json for pair in data.pairs] == [False, True, True, False]
    assert first.shown == third.shown == fourth.shown != second.shown
    assert data.images_sha256 is not None
    assert read_pairs(tmp_path) == data


def test_hashes_tell_changed_data_apart(tmp_path: Path) -> None:
    first = read_pairs(write(tmp_path / "a", rows(2, images=True)))
    draw(tmp_path / "a" / "im0.png", shade=99)
    repainted = read_pairs(tmp_path / "a")
    assert repainted.sha256 == first.sha256
    assert repainted.images_sha256 != first.images_sha256
    assert read_pairs(write(tmp_path / "b", rows(3))).sha256 != first.sha256
    assert read_pairs(tmp_path / "b").images_sha256 is None


def test_a_pair_shows_nothing_of_itself(tmp_path: Path) -> None:
    """In a traceback or a log it is a line number."""
    pair = read_pairs(write(tmp_path, [{**GOOD, "note": SECRET, "patient": SECRET}])).pairs[0]
    assert SECRET not in repr(pair)
    assert "line=1" in repr(pair)
