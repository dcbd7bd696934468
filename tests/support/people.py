"""The people of most tests: a citizen, officers of a unit, an officer of another one, an administrator."""

from __future__ import annotations

from dossierkit import Actor, Role

UNIT = "so-nnmt"
AN = Actor("an")
INTAKE, OFFICER = Actor("mai", Role.INTAKE_OFFICER, UNIT), Actor("nam", Role.CASE_OFFICER, UNIT)
APPROVER, STRANGER = Actor("linh", Role.APPROVER, UNIT), Actor("hoa", Role.CASE_OFFICER, "vpdkdd")
ROOT = Actor("root", Role.ADMIN)
