"""Forms as accessible HTML for any web framework: `Renderer` gives the markup of a form with its answers and problems.

The markup comes from Jinja templates.  A host replaces a template by a file of the same name in a folder of its own,
`Renderer(folders=[…])`.
"""

from dossierkit.html.renderer import Renderer

__all__ = ["Renderer"]
