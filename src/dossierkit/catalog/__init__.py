"""Folders of procedure files: each becomes procedures by code and revision, with its faults and option lists.

`folder` reads safely what others drop, `index` remembers what each file reaches, `catalog` picks changes up, `lint` looks at
whole folders, `option_lists` holds provinces, communes, units and sectors.
"""
