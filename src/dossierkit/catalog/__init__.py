"""Procedures from a folder or a publication, by code and revision, with their faults and option lists.

`sources` says where files come from, `folder` reads untrusted ones safely, `index` caches titles and references, `catalog`
picks up changes, `stored_revisions` keeps what is served in the store, `lint` checks whole folders, `publishing` puts them into
the store, `option_lists` holds provinces, communes, units and sectors.
"""
