"""Loader of packaged templates that removes their indentation.

Indentation is for readers of a template; without it, the markup of a long form is much smaller.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from jinja2 import Environment, PackageLoader

_INDENTATION = re.compile(r"\n +")


class PackagedTemplates(PackageLoader):
    """Loads the templates of a package, without white space at the beginning of lines."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool] | None]:
        """The source of *template*, its file, and a function that tells whether the file is unchanged; see Jinja."""
        source, file, is_unchanged = super().get_source(environment, template)
        return _INDENTATION.sub("\n", source), file, is_unchanged
