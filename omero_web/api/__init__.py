"""The versioned JSON interface below ``/api/``."""
