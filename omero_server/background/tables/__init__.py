"""Tables in HDF5 files, as OMERO stores them.

A file has a group ``OME`` with the table ``Measurements``, the arrays ``ColumnTypes`` and ``ColumnDescriptions``, and
for masks ``Measurements_masks``; what clients note about a table are attributes of it. HDF5 does one thing at a time in
a process, so everything here holds one lock (``storage.LOCK``) while it works on a file.
"""
