"""Words for authors of files: English text that keeps its values apart, so that a catalogue can say it in another language."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class Words(str):
    """*template* with *values* filled in, as `str.format` does; the text is English.

    A template without values is used unchanged, with its braces.  A value may be `Words` itself.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, **values: object) -> Words:
        """The words of *template* with *values*."""
        words = super().__new__(cls, template.format(**values) if values else template)
        words.template = template
        words.values = values
        return words

    def translated(self, translation: Callable[[str], str]) -> str:
        """The words in the language of *translation*, which gives the template of that language for an English one."""
        template = translation(self.template) if self.template else ""
        values = {
            name: value.translated(translation) if isinstance(value, Words) else value for name, value in self.values.items()
        }
        return template.format(**values) if values else template
