"""Where passwords are checked: the database, a directory (LDAP), a file, or what a third party adds.

`base` says what a provider is, `registry` which one the configuration names, `conformance` holds the tests that each
must pass.
"""
