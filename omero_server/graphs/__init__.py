"""Graph operations: which objects go together when something is deleted or moved, and the statements that do it.

The policy is a table (``policy.yaml``); the traversal asks the database one question per table and step.
"""
