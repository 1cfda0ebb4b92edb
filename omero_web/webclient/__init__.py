"""The pages below ``/webclient/`` and the JSON that they load."""
