"""Continuous feedback with a case (CULT-1)."""
