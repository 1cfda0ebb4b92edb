"""Tiles without detours: where OMERO.web runs beside its server, it reads and renders tiles and chunks itself.

`lane` stands before Django and answers what is asked for most. Each request is checked: who asks (`visitors`), and
whether what the server has said of the image still holds (`views`). Whatever is unusual, not allowed or wrong is left
to Django, whose views answer the same addresses through Ice.
"""
