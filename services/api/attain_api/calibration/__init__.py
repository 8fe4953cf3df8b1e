"""Calibration: ratings of a group set side by side, locked and published; and how managers rate (REV-8, REV-13)."""
