"""What a company wants to be told of (CULT-5)."""
