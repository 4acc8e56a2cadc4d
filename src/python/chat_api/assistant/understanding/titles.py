"""The title that is left when everything else has been taken out of a message."""

from collections.abc import Sequence

from chat_api.assistant.understanding.tokens import Kind, Token, words

_LEADING = words(", : ; - . ! ) ] } that")
_TRAILING = words(", : ; - ( [ { and")


def title_of(kept: Sequence[Token], message: str) -> str:
    """Join what was kept as it was written; empty where only punctuation is left. Quotes around it all are dropped."""
    kept = list(kept)
    while kept and kept[0].lower in _LEADING and kept[0].kind is not Kind.QUOTED:
        kept.pop(0)
    while kept and (kept[-1].lower in _TRAILING or _is_full_stop(kept)) and kept[-1].kind is not Kind.QUOTED:
        kept.pop()
    if len(kept) == 1 and kept[0].kind is Kind.QUOTED:
        return " ".join(kept[0].text[1:-1].split())
    text = ""
    for previous, token in zip([None, *kept], kept, strict=False):
        is_apart = (
            previous is not None and message[previous.end : token.start].strip() == "" and token.start > previous.end
        )
        is_cut = previous is not None and message[previous.end : token.start].strip() != ""
        text += (" " if is_apart or (is_cut and token.text not in {",", ".", ")", "?", "!"}) else "") + token.text
    return text if any(character.isalnum() or not character.isascii() for character in text) else ""


def _is_full_stop(kept: Sequence[Token]) -> bool:
    """One full stop ends a sentence and is no part of a title; three are."""
    return kept[-1].text == "." and not (len(kept) > 1 and kept[-2].text == ".")
