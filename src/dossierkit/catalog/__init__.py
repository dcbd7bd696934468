"""Procedures from a folder of procedure files, by code and revision, with their faults and option lists.

`folder` reads untrusted files safely, `index` caches titles and references, `catalog` picks up changes, `stored_revisions` keeps
what is served in the store, `lint` checks whole folders, `option_lists` holds provinces, communes, units and sectors.
"""
