"""A message as Slack blocks that Slack always takes: all is clipped to Slack's limits, nothing in it can link or call people.

Limits: https://docs.slack.dev/reference/block-kit/blocks — counted in UTF-16 units, the strictest reading of "characters".
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, MarkdownTextObject, PlainTextObject, SectionBlock

from workers.ports import Field, Message

HEADER, FIELD, TEXT, FALLBACK = 150, 2000, 3000, 4000  # characters
ROW, BLOCKS = 10, 50  # fields in a section, blocks in a message
LONG = 80  # a value above this gets the full width instead of half of it
MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
ELLIPSIS = "…"


def fallback(message: Message) -> str:
    """The message in one piece, for notifications and clients without blocks."""
    lines = [message.headline, *(f"{field.label}: {field.value}" for field in message.fields)]
    return clip("\n".join(lines + ([f"Do next: {message.advice}"] if message.advice else [])), FALLBACK)


def blocks(message: Message) -> Sequence[Block]:
    """The message as header, fields, advice and a last line with its severity."""
    fields = [field for field in message.fields if _clean(field.label + field.value)]
    sections = list(_sections(fields))
    if len(sections) > BLOCKS - 3:
        sections = [*sections[: BLOCKS - 4], SectionBlock(text=_text(f"{ELLIPSIS} and more: the shell shows everything", TEXT))]
    advice = list(_wide(Field("Do next", message.advice))) if _clean(message.advice) else []
    line = "Canvasback" if message.severity == "info" else f"{message.severity.upper()} · Canvasback"
    return [_header(message.headline), *sections, *advice, ContextBlock(elements=[_text(line, FIELD)])]


def clip(text: str, limit: int, *, markup: bool = True) -> str:
    """Text without markup of its own, at most `limit` long, with an ellipsis where something was cut; an entity is never cut."""
    pieces = [MARKUP.get(char, char) if markup else char for char in _clean(text)]
    if sum(map(_units, pieces)) <= limit:
        return "".join(pieces)
    kept, room = [], limit - _units(ELLIPSIS)
    for piece in pieces:
        room -= _units(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept) + ELLIPSIS


def _header(headline: str) -> Block:
    text = clip(" ".join(_clean(headline).split()), HEADER, markup=False)
    return HeaderBlock(text=PlainTextObject(text=text or "Canvasback", emoji=False))


def _sections(fields: list[Field]) -> Iterator[Block]:
    """Short fields in two columns, long ones over the full width, in their order."""
    for wide, group in groupby(fields, key=lambda field: len(field.value) > LONG or "\n" in field.value):
        some = list(group)
        if wide:
            for field in some:
                yield from _wide(field)
        else:
            for start in range(0, len(some), ROW):
                yield SectionBlock(fields=[_pair(field, FIELD) for field in some[start : start + ROW]])


def _wide(field: Field) -> Iterator[Block]:
    yield SectionBlock(text=_pair(field, TEXT))


def _pair(field: Field, limit: int) -> MarkdownTextObject:
    label = clip(" ".join(_clean(field.label).split()), 100)
    head = f"*{label}*\n" if label else ""
    return _text(_clean(field.value) or "–", limit, head)


def _text(text: str, limit: int, head: str = "") -> MarkdownTextObject:
    """Text that links nothing by itself (`verbatim`); `head` is markup of ours."""
    return MarkdownTextObject(text=head + clip(text, limit - sum(map(_units, head))), verbatim=True)


def _clean(text: str) -> str:
    """Without half surrogates, which are no text, control characters except new lines and tabs, and room around it."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(char if char >= " " or char in "\n\t" else " " for char in whole).strip()


def _units(piece: str) -> int:
    return len(piece.encode("utf-16-le")) // 2
