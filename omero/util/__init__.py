"""Helpers of the client library."""
