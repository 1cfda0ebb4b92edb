"""Filesets: uploading them, turning their files into images, and undoing what did not succeed."""
