"""Action items: what is to be done after a review, followed up until it is done (REV-9, REV-10)."""
