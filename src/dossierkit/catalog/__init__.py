"""Procedures from a folder or a publication, by code and revision, with their faults and option lists.

`sources` says where files come from, `folder` reads untrusted ones safely, `index` caches titles and references, `readings` reads
new and changed files whole, `catalog` decides which revision of each is served, `stored_revisions` keeps that in the store,
`lint` checks whole folders, `publishing` puts them into the store, `option_lists` holds provinces, communes, units and sectors.
"""
