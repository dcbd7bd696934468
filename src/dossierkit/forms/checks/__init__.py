"""Checks of answers: problems at fields, hidden characters, and conditions that may depend on unanswered questions."""
