"""Submitted pages become answers, and answers pages: control names, texts, rows, defaults, the canonical form."""
