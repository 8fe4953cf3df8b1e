"""`/docs`: the OpenAPI document to read and to try out, by Swagger UI."""

from pathlib import Path

from attain_api.pages import POLICY, Page

PAGE = Page(
    "/docs",
    Path(__file__).parent / "page",
    vendored=("swagger-ui",),
    policy=POLICY.replace("img-src 'self'", "img-src 'self' data:"),  # its style sheet holds its icons
)
router = PAGE.router("docs_page", summary="The API's documentation")
