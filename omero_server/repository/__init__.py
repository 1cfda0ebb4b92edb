"""Files on disk: where they lie, their checksums, writing them safely, and taking them away again."""
