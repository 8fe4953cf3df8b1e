"""Recognition: praise and named awards (CULT-2)."""
