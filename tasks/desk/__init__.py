"""The verbs of the operator's desk, and what they share. `tasks.shell` opens a Python shell with them."""
