"""The transport `RemoteModel.ask`, the only one through which a question leaves."""

from __future__ import annotations

import json
from typing import Any

from langchain_core.messages import HumanMessage
from pydantic import TypeAdapter

from bedside.boundary import (
    Egress,
    Outcome,
    Prompt,
    PromptRegistry,
    PromptTemplate,
    RemoteText,
    SealedText,
    outside,
)
from bedside.errors import ContextOverflowError, LoopingAnswerError, ModelError, SealError, TruncatedAnswerError
from bedside.models.deadlines import on_the_clock
from bedside.models.endpoints import Endpoint
from bedside.models.gate import Gate

__all__ = ["RemoteModel"]

MAX_ANSWER_CHARACTERS = 20_000

MOST_SAMPLES = 100
"""The most answers to the same prompt."""


class RemoteModel:
    """A model outside, bound to one case. Remote nodes find it in `runtime.context.model`.

    The chat model itself stays inside: what goes in is a `Prompt` of sealed texts, what comes out is a
    `RemoteText`. Whatever goes wrong at the model is an outcome of that answer, never an exception that aborts the
    case.

    Args:
        gate: The gate of the case and this destination.
        endpoint: The model, or `None`: then prompts are rendered and recorded as not sent.
        prompts: The templates, frozen when the graph was compiled.
        timeout: Seconds for one question.
    """

    def __init__(self, gate: Gate, *, endpoint: Endpoint | None, prompts: PromptRegistry, timeout: float) -> None:
        self._gate = gate
        self._endpoint = endpoint
        self._prompts = prompts
        self._timeout = timeout

    async def ask(self, prompt: Prompt, *, schema: type[Any] | None = None, sample: int = 0) -> RemoteText:
        """Send one question and return its answer.

        Every field is verified again, here, immediately before it is sent: it must be sealed for this case,
        this destination and this template, and where free text is in it a person must have said yes.

        A question that is known to have failed (refused, turned away with an error status) may be asked again,
        which is a new attempt in the record. One whose fate is not known ends as `INTERRUPTED`, and one that was
        answered as `ALREADY_ASKED`.

        Args:
            prompt: The template and what fills it.
            schema: The type of the answer: a pydantic model, a dataclass or a `TypedDict`. Its JSON schema goes
                along as the last line of the prompt, and `RemoteText.parse(schema)` reads the answer locally.
            sample: The number of the answer to the same prompt, for voting: each number is asked once.

        Raises:
            ValueError: `sample` is not from 0 to 99; the schema holds characters that may not leave, or is asked
                for beside free text, whose yes was to the template's own words.
            CaseError: The case was deleted.
            PersistenceError: The record cannot be kept, so nothing was sent.
        """
        if type(sample) is not int or not 0 <= sample < MOST_SAMPLES:
            raise ValueError(f"sample= is a whole number from 0 to {MOST_SAMPLES - 1}")
        sealed = [value for value in prompt.fields.values() if isinstance(value, SealedText)]
        question = sealed[0].id if sealed else ""
        family = self._endpoint.profile.name if self._endpoint is not None else ""
        template = self._prompts.choose(prompt.template, family)
        if template is None or template.fields != set(prompt.fields):
            return self._gate.mint(Outcome.NO_TEMPLATE, question)
        if schema is not None and any(one.narrative for one in sealed):
            raise ValueError("free text waits for a yes to fixed words: write the schema into the template")
        try:
            text = self._render(prompt, template) + (_form(schema) if schema is not None else "")
        except SealError:
            return self._gate.mint(Outcome.NOT_SEALED, question)
        entered = await self._gate.enter(self._egress(prompt.template, question, template, text, sample), sealed)
        if isinstance(entered, Outcome):
            return self._gate.mint(entered, question)
        outcome, answer = await self._ask(text)
        await self._gate.settle(entered, outcome)
        return self._gate.mint(outcome, question, answer)

    async def _ask(self, text: str) -> tuple[Outcome, str]:
        """Return the outcome of the call, and its answer."""
        assert self._endpoint is not None, "without one the gate holds everything"
        try:
            model = self._endpoint.chat_model(timeout=self._timeout)
            async with on_the_clock(model, self._timeout):
                reply = await model.ainvoke([HumanMessage(text)])
        except Exception as error:  # the transport's own exceptions may quote the request: only their kind is kept
            return _outcome_of(error), ""
        # Half a character of UTF-16, which JSON can carry, is no text.
        answer = reply.text.strip().encode("utf-8", "replace").decode()
        if not answer:
            return Outcome.EMPTY, ""
        if len(answer) > MAX_ANSWER_CHARACTERS:
            return Outcome.NONSENSE, ""
        return Outcome.ANSWERED, answer

    def _render(self, prompt: Prompt, template: PromptTemplate) -> str:
        for name, value in prompt.fields.items():
            if not isinstance(value, SealedText | RemoteText):
                raise SealError(f"a field of a prompt is a plain {type(value).__name__}")
            self._gate.key.verify(value)
            if isinstance(value, RemoteText) and not name.startswith("answer"):
                raise SealError("an answer fills only fields whose name starts with 'answer'")
            if isinstance(value, SealedText) and (
                value.destination != self._gate.destination or value.template != prompt.template
            ):
                raise SealError("the text was sealed for another destination or template")
        # An answer is as it came: it must not close the turn that it is quoted in.
        return template.fill({name: _quoted(value) for name, value in prompt.fields.items()})

    def _egress(self, name: str, question: str, template: PromptTemplate, text: str, sample: int) -> Egress:
        longest = self._endpoint.answer_tokens if self._endpoint is not None else 0
        return Egress(
            question=question,
            destination=self._gate.destination,
            template=name,
            template_sha256=template.sha256,
            text=text,
            left=self._endpoint is not None,
            inside=self._endpoint is not None and self._endpoint.inside,
            sample=sample,
            tokens=_tokens(text) + longest,
        )


def _form(schema: type[Any]) -> str:
    """Return the line that requests a schema. It is the developer's, and holds nothing of a case."""
    form = json.dumps(TypeAdapter(schema).json_schema(), separators=(",", ":"))
    if outside(form):
        raise ValueError("the schema of an answer holds characters that may not leave; write it in plain ones")
    return f"\n\nAnswer with one JSON object of this schema: {form}"


def _tokens(text: str) -> int:
    """Return an estimate of a text's tokens: four characters each, for the tokenizer is the server's."""
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
    if isinstance(error, ConnectionRefusedError):
        return Outcome.UNREACHABLE
    return Outcome.BROKEN_OFF if isinstance(error, OSError) else Outcome.NONSENSE
