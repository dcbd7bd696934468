"""The controls of a submitted page: their texts, by answer and by kind."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from dossierkit.forms.answers.control_names import pointer_of


@attrs.frozen
class Controls:
    """The texts of the controls of a submitted page, in page order."""

    #: JSON Pointer → texts of the control of that answer.
    answers: dict[str, list[str]]
    #: (kind, pointer) → texts of that control.
    others: dict[tuple[str, str], list[str]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Controls:
        """The controls of *pairs*, names and texts as a browser submits them."""
        answers: dict[str, list[str]] = {}
        others: dict[tuple[str, str], list[str]] = {}
        for name, text in pairs:
            if name[:1] == "/" and "~x" not in name:
                answers.setdefault(name, []).append(text)
                continue
            kind, pointer = pointer_of(name)
            if kind:
                others.setdefault((kind, pointer), []).append(text)
            else:
                answers.setdefault(pointer, []).append(text)
        return cls(answers, others)

    @property
    def depth(self) -> int:
        """The number of tokens of the longest pointer of an answer."""
        return max((name.count("/") for name in self.answers), default=0)

    def number(self, kind: str, pointer: str) -> int | None:
        """The number in the control; None if the page does not have the control, or its text is not a number below 100 000."""
        texts = self.others.get((kind, pointer))
        if texts and texts[-1].isascii() and texts[-1].isdigit() and len(texts[-1]) < 6:
            return int(texts[-1])
        return None
