"""The backend `hf:`, MedGemma or any chat model of transformers, in this process."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
from collections.abc import Generator, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage
from langchain_core.messages.ai import UsageMetadata

from bedside.errors import BedsideError, ContextOverflowError, EndpointError, InputError, ModelError
from bedside.models.backends.hf_grammar import Grammar
from bedside.models.backends.hf_loading import Loaded, check_files, load, place
from bedside.models.chat import ProfiledChatModel
from bedside.models.messages import Image
from bedside.models.repetition import LoopWatch
from bedside.models.reply import Finish, Piece, Request, message_of
from bedside.models.threads import Put, pumped

if TYPE_CHECKING:
    import torch

__all__ = ["ChatTransformers"]

LEAST_ROOM = 64
"""The fewest tokens that must be left for a reply of full length: less is no reply."""

LONGEST_MARK = 32
"""The tokens at a prompt's end in which a mark of thinking is looked for."""

PADS_WRONGLY = ("gemma2",)
"""The model types whose replies change when a prompt is padded beside longer ones (transformers 5.24)."""

LOOK_AHEAD = 10
"""The tokens that are guessed at once where the reply copies the prompt."""


class ChatTransformers(ProfiledChatModel):
    """A chat model of transformers: MedGemma, Gemma 3, TxGemma or another, from a folder or the hub.

    It loads when it is first asked, or by `load()`, and one process holds each model once. Calls wait for each
    other; `batch` decodes several together.

    Attributes:
        model: A folder as `save_pretrained` writes it, or a name of the hub.
        adapter: Folder of a LoRA adapter, as `bedside tune` writes it.
        bits: 4 or 8 to load the weights quantised (bitsandbytes, CUDA); 16 as they are.
        device: `cuda`, `cuda:1`, `mps` or `cpu`; the first that is there by default.
        context: Tokens of prompt and reply together, at most; the profile's by default.
        together: The requests of a batch that are decoded together.
    """

    adapter: str = ""
    bits: int = 16
    device: str = ""
    context: int | None = None
    together: int = 8

    @property
    def constrains(self) -> bool:
        return True

    @property
    def sees(self) -> bool:
        return self.family.image is not None and self.load().sees

    @property
    def _llm_type(self) -> str:
        return "hf"

    def check(self) -> None:
        check_files(self.model, self.adapter)
        if self.bits != 16 or self.device:  # otherwise nothing is asked of torch, whose import takes seconds
            place(self.bits, self.device)

    def load(self) -> Loaded:
        """Load the model, or return it if it is loaded already.

        Raises:
            MissingExtraError: torch, transformers or another package is not installed.
            EndpointError: The model or its adapter is unavailable, or was not trained to chat; the message says so.
        """
        loaded = load(self.model, self.adapter, self.bits, self.device)
        if not loaded.chats:
            raise EndpointError(
                f"{self.model} has no chat template: it is a base model; name one that was trained to chat"
            )
        return loaded

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        loaded = self.load()

        def run(put: Put) -> None:
            with loaded.lock:
                inputs = _inputs(loaded, [request])
                prompt = inputs["input_ids"].shape[1]
                most = self._room(loaded, request, prompt)
                streamer = _Streamer(loaded.tokenizer, put, prompt)
                put(Piece(self._opened(loaded, request, inputs["input_ids"][0])))
                self._run(loaded, [request], inputs, most, streamer)
            put(_end(streamer.tokens, most, prompt, loaded))

        yield from pumped(run)

    def batch(
        self,
        inputs: list[Any],
        config: Any = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Any]:
        """Answer requests, as in LangChain; those without images are decoded together and call no callbacks."""
        alone, further = super().batch, {"return_exceptions": return_exceptions, **kwargs}
        try:
            messages = [self._convert_input(one).to_messages() for one in inputs]
            requests = [self._request(one, kwargs.get("stop"), kwargs) for one in messages]
        except BedsideError:  # of one of them: the others are answered
            return alone(inputs, config, **further)
        single = len(inputs) < 2 or self.load().model.config.model_type in PADS_WRONGLY
        if single or any(turn.images for request in requests for turn in request.turns):
            return alone(inputs, config, **further)
        results: list[Any] = []
        for start in range(0, len(requests), self.together):
            those = slice(start, start + self.together)
            group = requests[those]
            try:
                replies = list(self._replies(group))
            except ContextOverflowError:  # the longest leaves too little room for the others
                theirs = config[those] if isinstance(config, list) else config
                results += alone(inputs[those], theirs, **further)
                continue
            for request, pieces in zip(group, replies, strict=True):
                try:
                    results.append(message_of(pieces, request, self.family, self.model))
                except ModelError as error:
                    if not return_exceptions:
                        raise
                    results.append(error)
        return results

    async def abatch(
        self,
        inputs: list[Any],
        config: Any = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Any]:
        """Answer several requests asynchronously, as `batch` does."""
        run = partial(self.batch, inputs, config, return_exceptions=return_exceptions, **kwargs)
        return await asyncio.to_thread(run)

    def score(self, messages: Sequence[BaseMessage], options: Sequence[str]) -> list[float] | None:
        import torch

        request = self._request(messages, None, {"task": "closed"})
        loaded = self.load()
        with loaded.lock, torch.inference_mode():
            inputs = _inputs(loaded, [request])
            self._room(loaded, request, inputs["input_ids"].shape[1])
            logits = loaded.model(**inputs, logits_to_keep=1).logits[0, -1].float().log_softmax(-1)
        return [torch.logsumexp(logits[_ways_to_begin(loaded, option)], 0).item() for option in options]

    def _replies(self, requests: Sequence[Request]) -> Iterator[list[Piece]]:
        """Yield the replies to requests that share all settings, decoded together."""
        loaded = self.load()
        with loaded.lock:
            inputs = _inputs(loaded, requests)
            width = inputs["input_ids"].shape[1]
            most = self._room(loaded, requests[0], width)
            if most < requests[0].max_tokens:
                raise ContextOverflowError(width, requests[0].max_tokens, width + most)
            output = self._run(loaded, requests, inputs, most, None)
            opened = self._opened(loaded, requests[0], inputs["input_ids"][0])
            for row, mask in zip(output, inputs["attention_mask"], strict=True):
                tokens = _until_end(row[width:].tolist(), loaded.ends)
                text = loaded.tokenizer.decode(tokens, skip_special_tokens=True)
                yield [Piece(opened + text), _end(tokens, most, int(mask.sum()), loaded)]

    def _opened(self, loaded: Loaded, request: Request, prompt: torch.Tensor) -> str:
        """Return the mark that opens thinking if the prompt ends with it: the reply continues from there.

        What is decoded under a schema does not think.
        """
        if not self.family.thinking or request.schema is not None:
            return ""
        opening = self.family.thinking[0]
        end = loaded.tokenizer.decode(prompt[-LONGEST_MARK:].tolist())
        return opening if end.rstrip().endswith(opening) else ""

    def _room(self, loaded: Loaded, request: Request, prompt: int) -> int:
        context = min(self.context or self.family.context, loaded.context)
        room = min(request.max_tokens, context - prompt)
        if room < min(request.max_tokens, LEAST_ROOM):
            raise ContextOverflowError(prompt, request.max_tokens, context)
        return room

    def _run(
        self, loaded: Loaded, requests: Sequence[Request], inputs: Any, most: int, streamer: _Streamer | None
    ) -> torch.Tensor:
        import torch
        from transformers import GenerationConfig, LogitsProcessorList, set_seed

        request, prompt = requests[0], inputs["input_ids"].shape[1]
        sampled = request.temperature > 0
        # Said in full: a model's own generation_config.json asks for sampling, and what is left out here is taken
        # from it. Of a greedy reply these are the values about which transformers does not complain.
        config = GenerationConfig(
            max_new_tokens=most,
            do_sample=sampled,
            temperature=request.temperature if sampled else 1.0,
            top_p=request.top_p if sampled else 1.0,
            top_k=0 if sampled else 50,
            repetition_penalty=1.0,
            num_beams=1,
            eos_token_id=list(loaded.ends),
            pad_token_id=loaded.pad,
        )
        options: dict[str, Any] = {"stopping_criteria": [streamer.is_left if streamer else _Loops(loaded, prompt)]}
        if streamer is not None:
            options["streamer"] = streamer
        processors = LogitsProcessorList()
        if request.schema is not None:
            processors.append(Grammar(loaded.grammar, request.schema, prompt=prompt, rows=len(requests)))
        if len(requests) == 1 and not any(turn.images for turn in request.turns):
            if request.quotes and not sampled:
                # Not from a kept beginning: guessing ahead on top of one gives other tokens (transformers 5.24).
                config.prompt_lookup_num_tokens = LOOK_AHEAD
            else:
                left = streamer.look if streamer else lambda: False
                options["cache"] = loaded.prefixes.start(inputs["input_ids"][0].tolist(), left)
        if sampled:
            set_seed(request.seed)
        with torch.inference_mode():
            return loaded.model.generate(**inputs, generation_config=config, logits_processor=processors, **options)


def _inputs(loaded: Loaded, requests: Sequence[Request]) -> Any:
    """Return the requests as the model's tokens, padded on the left to one length.

    The template writes the tokens itself: text that was rendered first would get a second start mark.
    """
    chats = []
    for request in requests:
        chat = []
        for turn in request.turns:
            if loaded.sees:
                content: Any = [_content(part) for part in turn.parts]
            elif turn.images:
                raise InputError("this model reads no images: its folder has no vision part")
            else:
                content = turn.text
            chat.append({"role": turn.role, "content": content})
        chats.append(chat)
    render = loaded.processor.apply_chat_template
    form = {"padding": True, "return_tensors": "pt"}
    options = {"processor_kwargs": form} if loaded.sees else form
    inputs = render(chats, add_generation_prompt=True, tokenize=True, return_dict=True, **options)
    # A Gemma that reads images recognises them by token types; left out, it reads them as text, silently.
    return inputs.to(loaded.model.device)


def _content(part: str | Image) -> dict[str, Any]:
    return {"type": "text", "text": part} if isinstance(part, str) else {"type": "image", "image": opened(part)}


def opened(image: Image) -> Any:
    """Return an image of a message as a Pillow image.

    Raises:
        InputError: It is no image that Pillow reads.
    """
    import PIL.Image

    try:
        found = PIL.Image.open(io.BytesIO(base64.b64decode(image.base64, validate=True)))
        return found.convert("RGB")
    except (binascii.Error, OSError, ValueError, PIL.Image.DecompressionBombError) as error:
        raise InputError(f"an image of the prompt cannot be read: {type(error).__name__}") from None


def _ways_to_begin(loaded: Loaded, option: str) -> list[int]:
    """Return the tokens with which a reply of this option may begin, with a blank before it and without."""
    plain, spaced = (loaded.tokenizer.encode(form, add_special_tokens=False) for form in (option, f" {option}"))
    return sorted({tokens[0] for tokens in (plain, spaced) if len(tokens) == 1} or {plain[0]})


class _Loops:
    """A stopping criterion that ends the rows of a batch that repeat themselves."""

    EVERY = 64

    def __init__(self, loaded: Loaded, prompt: int) -> None:
        self._tokenizer, self._prompt = loaded.tokenizer, prompt
        self._stopped: set[int] = set()

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        import torch

        length = input_ids.shape[1] - self._prompt
        if length and length % self.EVERY == 0:
            for row, tokens in enumerate(input_ids[:, self._prompt :].tolist()):
                text = self._tokenizer.decode(tokens, skip_special_tokens=True)
                if LoopWatch().feed(text):
                    self._stopped.add(row)
        return torch.tensor([row in self._stopped for row in range(len(input_ids))], device=input_ids.device)


def _until_end(tokens: list[int], ends: Sequence[int]) -> list[int]:
    """Return the tokens of a row up to and including its end; padding follows it."""
    last = next((place for place, token in enumerate(tokens) if token in ends), None)
    return tokens if last is None else tokens[: last + 1]


def _end(tokens: Sequence[int], most: int, prompt: int, loaded: Loaded) -> Piece:
    ended = bool(tokens) and tokens[-1] in loaded.ends
    finish = Finish.STOP if ended or len(tokens) < most else Finish.LENGTH
    return Piece(finish=finish, usage=_usage(prompt, len(tokens)))


def _usage(prompt: int, reply: int) -> UsageMetadata:
    return UsageMetadata(input_tokens=prompt, output_tokens=reply, total_tokens=prompt + reply)


class _Streamer:
    """A streamer that passes on the tokens of `generate` as text."""

    def __init__(self, tokenizer: Any, put: Put, prompt: int) -> None:
        self.tokens: list[int] = []
        self._tokenizer, self._put_piece, self._prompt = tokenizer, put, prompt
        self._left = self._prompt_came = False
        self._shown = self._start = 0

    def is_left(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        """True if nobody listens any more: a stopping criterion."""
        import torch

        return torch.full((len(input_ids),), self._left, dtype=torch.bool, device=input_ids.device)

    def look(self) -> bool:
        """True if nobody listens any more, checked without a new token."""
        self._left = self._put_piece(Piece()) or self._left
        return self._left

    def put(self, value: torch.Tensor) -> None:
        """Receive tokens from `generate`: first the prompt, then each token, or several at once."""
        if not self._prompt_came:
            self._prompt_came = True
            return
        self.tokens += value.flatten().tolist()
        # Decoded from the last line break on: a token's text depends on those before it, and not on all of them.
        text = self._tokenizer.decode(self.tokens[self._start :], skip_special_tokens=True)
        if text.endswith("\ufffd"):  # half a character: the other half comes
            return
        self._say(text[self._shown :])
        if text.endswith("\n"):
            self._start, self._shown = len(self.tokens), 0
        else:
            self._shown = len(text)

    def end(self) -> None:
        """Receive the end of the reply from `generate`."""
        text = self._tokenizer.decode(self.tokens[self._start :], skip_special_tokens=True)
        self._say(text[self._shown :])

    def _say(self, text: str) -> None:
        if text:
            # Counted with each piece: a reply that ends at a stop word is not read to its end.
            piece = Piece(text, usage=_usage(self._prompt, len(self.tokens)))
            self._left = self._put_piece(piece) or self._left
