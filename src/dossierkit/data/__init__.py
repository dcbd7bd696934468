"""Facts that ship: communes, units, days off, common passwords, the forms of an account, spoken digits."""

from pathlib import Path

#: Where they are.
FOLDER = Path(__file__).parent
