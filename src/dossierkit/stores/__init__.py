"""Stores of dossiers: `memory`, `sqlite` and `postgres`, packages of one shape, and what they share.

- `rows`: values as rows of tables, and as JSON
- `reads`: statements that are the same in stores with tables
- `group_commit`: many writers, one transaction
- `refusals`: errors of refused writes, in the same words
- `imports`: batches of imported dossiers, their rows, and the numbers that they bring
- `copying`: copies of whole stores, and a hash over everything
- `last_numbers`: the last numbers given out, in a file beside a database
- `backup`: back-ups of a data folder
- `recovery`: numbers given out since a back-up, and remains of a lost database
"""
