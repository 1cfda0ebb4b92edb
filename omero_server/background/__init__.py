"""What the server does by itself, while nobody waits for it."""
