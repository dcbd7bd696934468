"""Figures of a period, as tables (`tables`) and as text, CSV, JSON and XLSX (`exports`)."""
