"""The requests of the matrix on reviews and what surrounds them."""

from tests.access.requests import Call, get

REVIEW_CALLS: dict[str, Call] = {
    "list_reviews": get("/v1/reviews"),
    "get_review": get("/v1/reviews/{review}"),
    "list_review_history": get("/v1/reviews/{review}/history"),
}
