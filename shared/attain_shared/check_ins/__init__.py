"""Check-ins and 1:1 notes (CULT-1)."""
