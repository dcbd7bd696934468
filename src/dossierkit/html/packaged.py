"""Templates that are installed with a package, without their indentation.

Indentation shows a reader the structure of a template.  A browser does not need it, and a long form has thousands of lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from jinja2 import Environment, PackageLoader

_INDENTATION = re.compile(r"\n +")


class PackagedTemplates(PackageLoader):
    """Loads the templates of a package; each line begins at its first letter."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool] | None]:
        """The source of *template*, its file, and whether that is unchanged; as any loader of Jinja."""
        source, file, is_unchanged = super().get_source(environment, template)
        return _INDENTATION.sub("\n", source), file, is_unchanged
