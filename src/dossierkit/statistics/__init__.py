"""Figures of a period as tables (`period_tables`), how long procedures take (`durations`), and their files (`exports`)."""
