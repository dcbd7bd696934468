"""How a procedure narrows the life of its dossiers, as `x-procedure.workflow` says."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from dossierkit.dossiers.states import Action


@attrs.frozen
class Workflow:
    """How a procedure narrows the table."""

    payment: bool = True
    supplement: bool = True
    #: The outcome is proposed by one officer and decided by another one, who approves.
    four_eyes: bool = False
    #: How often the office may set a new day.
    extensions: int = 1
    #: Steps of its own inside the processing, code → title.
    steps: Mapping[str, str] = attrs.field(hash=False, factory=dict)

    def offers(self, action: Action) -> bool:
        """Whether the procedure knows *action* at all."""
        absent = {
            Action.REQUEST_PAYMENT: not self.payment,
            Action.REQUEST_SUPPLEMENT: not self.supplement,
            Action.PROPOSE: not self.four_eyes,
            Action.ADVANCE: not self.steps,
            Action.EXTEND: not self.extensions,
        }
        return not absent.get(action, False)


#: Every action of the table.
UNRESTRICTED = Workflow()
