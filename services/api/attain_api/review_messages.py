"""Titles and details on reviews in Chinese, for `messages`."""

TITLES_ZH: dict[str, str] = {}
"""By code, of a whole problem."""

DETAILS_ZH: dict[str, str] = {}
"""By code, of a whole problem or of one field."""
