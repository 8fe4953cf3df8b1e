"""Check-ins: weekly reports, monthly summaries and 1:1 notes, tied to goals (CULT-1)."""
