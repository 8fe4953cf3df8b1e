"""Recognition: praise and named awards, seen by the whole company (CULT-2)."""
