"""One module per command of the `omero` command line; see `omero_cli.framework` for how to write one."""
