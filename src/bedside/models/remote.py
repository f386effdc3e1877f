"""`RemoteModel.ask`: the one transport through which a question leaves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

from langchain_core.messages import HumanMessage

from bedside.boundary import (
    Egress,
    Outcome,
    Prompt,
    PromptRegistry,
    PromptTemplate,
    RemoteText,
    SealedText,
    SealKey,
)
from bedside.errors import ContextOverflowError, LoopingAnswerError, ModelError, SealError, TruncatedAnswerError
from bedside.models.clock import on_the_clock
from bedside.models.endpoints import Endpoint

__all__ = ["RemoteModel"]

MAX_ANSWER_CHARACTERS = 20_000

# Between the look at what left and the note that this leaves, nobody else passes: the same words would leave twice.
_GATE = threading.Lock()


class RemoteModel:
    """A model outside, bound to one case. Remote nodes find it in `runtime.context.model`.

    The chat model itself stays inside: what goes in is a `Prompt` of sealed texts, what comes out is a
    `RemoteText`. Whatever goes wrong is an outcome of that answer, never an exception that aborts the case.

    Args:
        key: Verifies and mints for the case.
        destination: The destination for which a text must have been sealed.
        endpoint: The model, or `None`: then prompts are rendered and recorded as not sent.
        prompts: The templates, frozen when the graph was compiled.
        record: Called with what is about to leave, before it does.
        guard: Whether a whole prompt holds a value that the case's vault knows. Where it fails, nothing is sent.
        left: The prompts that left for this case already. A step that a crash cut off runs again from its top; its
            question is not sent a second time.
        most_tokens: What the case may cost: each prompt and the longest answer that it allows.
        timeout: Seconds for one question.
    """

    def __init__(
        self,
        *,
        key: SealKey,
        destination: str,
        endpoint: Endpoint | None,
        prompts: PromptRegistry,
        record: Callable[[Egress], None],
        guard: Callable[[str], bool],
        left: Callable[[], Sequence[str]],
        most_tokens: int,
        timeout: float,
    ) -> None:
        self._key = key
        self._destination = destination
        self._endpoint = endpoint
        self._prompts = prompts
        self._record = record
        self._guard = guard
        self._left = left
        self._most_tokens = most_tokens
        self._timeout = timeout

    async def ask(self, prompt: Prompt) -> RemoteText:
        """Send one question and bring its answer home.

        Every field is verified again, here, immediately before it is sent: it must be sealed for this case,
        this destination and this template.
        """
        question = next((v.id for v in prompt.fields.values() if isinstance(v, SealedText)), "")
        family = self._endpoint.profile.name if self._endpoint is not None else ""
        template = self._prompts.choose(prompt.template, family)
        if template is None or template.fields != set(prompt.fields):
            return self._mint(Outcome.NO_TEMPLATE, question)
        try:
            text = self._render(prompt, template)
        except SealError:
            return self._mint(Outcome.NOT_SEALED, question)
        # Guard and record ask the store, a file or a server: not on the event loop.
        held = await asyncio.to_thread(self._pass_gate, prompt.template, template.sha256, question, text)
        if held is not None:
            return self._mint(held, question)
        assert self._endpoint is not None, "without one the gate holds everything"
        try:
            model = self._endpoint.chat_model(timeout=self._timeout)
            async with on_the_clock(model, self._timeout):
                reply = await model.ainvoke([HumanMessage(text)])
        except Exception as error:  # the transport's own exceptions may quote the request: only their kind is kept
            return self._mint(_outcome_of(error), question)
        # Half a character of UTF-16, which JSON can carry, is no text.
        answer = reply.text.strip().encode("utf-8", "replace").decode()
        if not answer:
            return self._mint(Outcome.EMPTY, question)
        if len(answer) > MAX_ANSWER_CHARACTERS:
            return self._mint(Outcome.NONSENSE, question)
        return self._mint(Outcome.ANSWERED, question, answer)

    def _render(self, prompt: Prompt, template: PromptTemplate) -> str:
        for name, value in prompt.fields.items():
            if not isinstance(value, SealedText | RemoteText):
                raise SealError(f"a field of a prompt is a plain {type(value).__name__}")
            self._key.verify(value)
            if isinstance(value, RemoteText) and not name.startswith("answer"):
                raise SealError("an answer fills only fields whose name starts with 'answer'")
            if isinstance(value, SealedText) and (
                value.destination != self._destination or value.template != prompt.template
            ):
                raise SealError("the text was sealed for another destination or template")
        # An answer is as it came: it must not close the turn that it is quoted in.
        return template.fill({name: _quoted(value) for name, value in prompt.fields.items()})

    def _pass_gate(self, template: str, sha256: str, question: str, text: str) -> Outcome | None:
        """Record what is about to leave; or say why it does not."""
        if self._is_guarded(text):
            return Outcome.GUARDED
        with _GATE:
            if self._endpoint is not None:
                left = self._left()
                if text in left:
                    return Outcome.INTERRUPTED
                if sum(_tokens(one) + self._endpoint.answer_tokens for one in (*left, text)) > self._most_tokens:
                    return Outcome.OVER_BUDGET
            self._record(
                Egress(
                    question=question,
                    destination=self._destination,
                    template=template,
                    template_sha256=sha256,
                    text=text,
                    left=self._endpoint is not None,
                    inside=self._endpoint is not None and self._endpoint.inside,
                )
            )
        return Outcome.NOT_CONFIGURED if self._endpoint is None else None

    def _is_guarded(self, text: str) -> bool:
        try:
            return self._guard(text)
        except Exception:  # without its answer nothing may leave
            return True

    def _mint(self, outcome: Outcome, question: str, text: str = "") -> RemoteText:
        return self._key.mint(text, outcome=outcome, question=question, origin=self._destination)


def _tokens(text: str) -> int:
    """About how many tokens a text has: four characters each, for the tokenizer is the server's."""
    return -(-len(text) // 4)


def _quoted(value: SealedText | RemoteText) -> str:
    if isinstance(value, SealedText):
        return value.text
    return value.text.replace("<", "(").replace(">", ")")


_OUTCOMES: dict[type[Exception], Outcome] = {
    TruncatedAnswerError: Outcome.TRUNCATED,
    LoopingAnswerError: Outcome.LOOPED,
    ContextOverflowError: Outcome.TOO_LONG,
}


def _outcome_of(error: Exception) -> Outcome:
    if type(error) in _OUTCOMES:
        return _OUTCOMES[type(error)]
    if isinstance(error, ModelError) and error.end:
        return Outcome(error.end)
    if isinstance(error, TimeoutError):
        return Outcome.TIMED_OUT
    return Outcome.UNREACHABLE if isinstance(error, OSError) else Outcome.NONSENSE
