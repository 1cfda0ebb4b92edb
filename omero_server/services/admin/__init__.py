"""IAdmin: users, groups and what they may do."""
