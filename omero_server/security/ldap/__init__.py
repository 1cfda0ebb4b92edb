"""Users and groups of an LDAP directory.

`settings` reads the configuration, `tls` the certificates, `directory` speaks LDAP, `people` finds users and groups,
`groups` decides which groups a user belongs to, `accounts` writes both into the database, `provider` checks passwords.
"""
