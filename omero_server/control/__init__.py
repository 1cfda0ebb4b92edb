"""The top room: configuration, the processes of an instance, certificates and diagnostics."""
