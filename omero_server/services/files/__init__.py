"""Repositories, RawFileStore and import processes: files and where they lie."""
