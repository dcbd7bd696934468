"""Statistics: tables of a period (`period_tables`), processing times (`durations`), file formats (`exports`)."""
