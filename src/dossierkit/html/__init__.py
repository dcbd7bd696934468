"""Forms as accessible HTML, for any framework: give it a form, get markup.

Templates are the only source of markup.  A host overrides one by putting a file of the same name in a folder of its
own (`Renderer(folders=[…])`).
"""

from dossierkit.html.renderer import Renderer

__all__ = ["Renderer"]
