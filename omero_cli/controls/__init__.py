"""Commands that are classes: what plug-ins of other packages are written with. Their public name is `omero.cli`.

discovery     where plug-ins are found, without running them
context       Context: output, questions, the client
cli           CLI: the context that controls are given; runs command lines from Python
parser        Parser and the types of arguments
base          BaseControl and what it reports errors with
requests      CmdControl and GraphControl: commands that are requests of `omero.cmd`
people        UserGroupControl: commands about users and groups
native        our own commands as controls
"""
