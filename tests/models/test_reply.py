"""From the pieces of any backend to a message: thinking apart, stop words cut off, loops noticed, or an error."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedside.errors import AnswerError, LoopingAnswerError, TruncatedAnswerError
from bedside.models.profiles import profile_for
from bedside.models.repetition import LoopWatch
from bedside.models.reply import Finish, Piece, Request, message_of

OPEN, CLOSE = "<unused94>", "<unused95>"


def told(
    *pieces: str, finish: Finish | None = Finish.STOP, stop: tuple[str, ...] = (), family: str = "medgemma"
) -> tuple[str, str]:
    """What the message of these pieces holds: thoughts and text."""
    request = Request(turns=(), max_tokens=9, stop=stop, temperature=0, top_p=1, seed=0)
    message = message_of([*map(Piece, pieces), Piece(finish=finish)], request, profile_for(family), "model")
    blocks = message.content_blocks
    return "".join(str(one["reasoning"]) for one in blocks if one["type"] == "reasoning"), message.text


def cut(reply: str, cuts: list[int]) -> list[str]:
    places = [0, *sorted(min(one, len(reply)) for one in cuts), len(reply)]
    return [reply[start:end] for start, end in pairwise(places)]


CUTS = st.lists(st.integers(0, 40), max_size=8)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("It is ACS.", ("", "It is ACS.")),
        (f"{OPEN}thought\nHm.{CLOSE}It is ACS.", ("thought\nHm.", "It is ACS.")),
        (f"{OPEN}never closed", ("never closed", "")),
        (f"{OPEN}a<unused9", ("a<unused9", "")),
        (f"{OPEN}{CLOSE}", ("", "")),
        (f"a{OPEN}b{CLOSE}c{OPEN}d", ("bd", "ac")),
        (f"{OPEN}a{CLOSE}b{OPEN}c{CLOSE}d", ("ac", "bd")),
        (f"b{CLOSE}c", ("b", "c")),
        (f"b{CLOSE}", ("b", "")),
        (f"{CLOSE}c", ("", "c")),
        (f"a{OPEN}b{CLOSE}c{CLOSE}d", ("abc", "d")),
        (f"a{CLOSE}b{OPEN}c{CLOSE}d{CLOSE}e", ("abcd", "e")),
        (f"a{CLOSE}{OPEN}{OPEN}b", (f"a{OPEN}b", "")),
        ("<unused9", ("", "<unused9")),
        ("1 < 2 <unused94", ("", "1 < 2 <unused94")),
        ("", ("", "")),
    ],
)
@given(cuts=CUTS)
def test_thinking_is_told_apart_wherever_the_pieces_are_cut(
    reply: str, expected: tuple[str, str], cuts: list[int]
) -> None:
    assert told(*cut(reply, cuts)) == expected


@given(cuts=CUTS)
def test_where_only_the_closing_mark_comes_what_stood_before_it_is_thinking(cuts: list[int]) -> None:
    reply = "Zebulon may have MI. EN\n</think>\nECG now. END"
    assert told(*cut(reply, cuts), stop=("END",), family="") == ("Zebulon may have MI. EN\n", "\nECG now. ")
    assert told(*cut("Zebulon E</think>ECG", cuts), stop=("END",), family="") == ("Zebulon E", "ECG")
    with pytest.raises(TruncatedAnswerError, match="while it still thought"):
        told(*cut("Zebulon</think>", cuts), finish=Finish.LENGTH, family="")


def test_of_a_family_that_does_not_think_all_is_text() -> None:
    assert told("", f"{OPEN}a{CLOSE}", "b", family="txgemma") == ("", f"{OPEN}a{CLOSE}b")


@given(cuts=CUTS)
def test_a_stop_word_is_found_over_pieces_and_nothing_behind_it_is_said(cuts: list[int]) -> None:
    reply = "It is EN ENDE END OF ALL"
    pieces = cut(reply, cuts)
    assert told(*pieces, stop=("END OF", "NOTHING"))[1] == "It is EN ENDE "
    assert told(*pieces, stop=("END OF",), finish=Finish.LENGTH)[1] == "It is EN ENDE "
    assert told(*pieces, stop=("END OF ALL AND",))[1] == reply  # what may begin a stop word is not lost


@pytest.mark.parametrize("pieces", [["All is well. END " + "x" * 400], ["All is well. ", "END ", *["x" * 50] * 8]])
def test_what_loops_behind_a_stop_word_does_not_matter(pieces: list[str]) -> None:
    assert told(*pieces, stop=("END",))[1] == "All is well. "


@pytest.mark.parametrize(
    ("pieces", "finish", "error", "says"),
    [
        (["It is Zebulon"], Finish.LENGTH, TruncatedAnswerError, "before its end"),
        ([f"{OPEN}Hm, Zebulon"], Finish.LENGTH, TruncatedAnswerError, "while it still thought"),
        (["It is Zebulon"], None, AnswerError, "broke off"),
        (["Zebulon has pain. " * 40], Finish.STOP, LoopingAnswerError, "repeated itself"),
        ([OPEN, *["Zebulon has pain. "] * 40], Finish.LENGTH, LoopingAnswerError, "repeated itself"),
    ],
)
def test_half_an_answer_is_an_error_without_a_word_of_it(
    pieces: list[str], finish: Finish | None, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says) as raised:
        told(*pieces, finish=finish)
    assert "Zebulon" not in str(raised.value)


LOOPS = [
    "chest pain " * 40,
    "Start. " + "The patient has a cough and a fever. " * 12,
    '{"items": [' + '{"kind": "vital", "quote": "urine pH", "name": "urine pH"}, ' * 10,
    "No. " * 70,
    "-" * 300,
    "\n" * 300,
    "".join(f"Finding {n} is absent. " for n in range(12)) * 8,
]
NO_LOOPS = [
    "Bed 4: no complaints.\n" * 5,
    "Bed 4: stable, no complaint, obs normal, plan unchanged since the morning round\n" * 5,
    "".join(f"Day {day}: BP 120/8{day % 10}, HR 7{day % 10}.\n" for day in range(40)),
    ", ".join(f'{{"kind": "problem", "quote": "finding {n}"}}' for n in range(40)),
    "absent, " * 12,
    "no chest pain, no fever, no cough, no rash, no weight loss, no night sweats, " * 2,
    "| --- | --- | --- | --- | --- |\n" * 2,
    "| --- " * 12 + "|\n",
    "-" * 80 + "\nAssessment\n" + "-" * 80,
    "=" * 100 + "\n" + "-" * 100,
]


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(("text", "loops"), [*((one, True) for one in LOOPS), *((one, False) for one in NO_LOOPS)])
def test_a_loop_is_told_from_a_ward_list(text: str, loops: bool, size: int) -> None:
    watch = LoopWatch()
    assert any(watch.feed(text[at : at + size]) for at in range(0, len(text), size)) is loops
