"""What keeping the instruction and looking ahead in the prompt save, with the same output or not.

    python benchmarks/prefix_and_lookup.py PRIMOCK57/notes.jsonl MODEL.gguf [FOLDER_OF_THE_SAME_MODEL]

One run, the first eight notes, one prompt each: the reader's instruction and the note; the reply is bounded to 60
tokens, for what is measured is the reading. Prefix: each prompt computed from its first token, and with what the
prompts have in common kept. Look-up: a reply that copies the note, decoded word by word and with passages guessed
from the prompt. The folder is the model for transformers; its rows are left out without it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from langchain_core.messages import HumanMessage

from bedside.agents.reader import PROMPTS
from bedside.boundary import PromptRegistry
from bedside.models import ProfiledChatModel
from bedside.models.backends.gguf import ChatGGUF
from bedside.models.backends.hf import ChatTransformers
from bedside.models.profiles import profile_for
from bedside.models.reply import Request

NOTES, MOST_CHARACTERS = 8, 600


def timed(
    model: ProfiledChatModel, requests: Sequence[Request], before: Callable[[], None]
) -> tuple[float, list[str]]:
    """Seconds of all requests but the first, which warms up, and every reply."""
    replies, seconds = [], 0.0
    for at, request in enumerate(requests):
        before()
        started = time.perf_counter()
        replies.append("".join(piece.text for piece in model._pieces(request)))
        seconds += time.perf_counter() - started if at else 0.0
    return seconds, replies


def row(name: str, plain: tuple[float, list[str]], other: tuple[float, list[str]]) -> str:
    same = sum(one == two for one, two in zip(plain[1], other[1], strict=True))
    return f"| {name} | {plain[0]:.1f} | {other[0]:.1f} | {plain[0] / other[0]:.2f} | {same} of {len(plain[1])} |"


def main(notes: Path, file: str, folder: str) -> None:
    texts = [json.loads(line)["note"][:MOST_CHARACTERS] for line in notes.read_text("utf-8").splitlines()][:NOTES]
    template = PromptRegistry.from_folders(Path(PROMPTS))["read/facts"]
    family = profile_for(Path(file).name)
    gguf = ChatGGUF(model=file, family=family, context=4096)
    ahead = ChatGGUF(model=file, family=family, context=4096, lookup=True)

    def asked(model: ProfiledChatModel, prompt: str, tokens: int, text: str) -> Request:
        return model._request([HumanMessage(prompt.replace("{{text}}", text))], None, {"max_tokens": tokens})

    reading = [asked(gguf, template.text, 60, text) for text in texts]
    copying = [
        asked(gguf, "Copy this note word for word, and write nothing else:\n\n{{text}}", 250, t) for t in texts
    ]
    print("| | plainly, s | so, s | times faster | same reply |\n|---|---|---|---|---|")
    if folder:
        hf = ChatTransformers(model=folder, family=family)
        forget = hf.load().prefixes.forget
        plain = timed(hf, reading, forget)
        print(row("transformers, prefix kept", plain, timed(hf, reading, lambda: None)))
        plain = timed(hf, copying, forget)
        guessed = [replace(request, quotes=True) for request in copying]
        print(row("transformers, look-up", plain, timed(hf, guessed, forget)))

    # llama.cpp keeps what two prompts in a row have in common; another prompt in between makes it forget.
    other = asked(gguf, "{{text}}", 1, "Say yes. " * 40)
    plain = timed(gguf, reading, lambda: [None for _ in gguf._pieces(other)].clear())
    print(row("llama.cpp, prefix kept", plain, timed(gguf, reading, lambda: None)))
    plain = timed(gguf, copying, lambda: None)
    print(row("llama.cpp, look-up", plain, timed(ahead, copying, lambda: None)))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "")
