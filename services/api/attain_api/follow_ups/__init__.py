"""What follows a rating: the quadrant's follow-up, the improvement plan, and what came as a surprise (REV-9, REV-10)."""
