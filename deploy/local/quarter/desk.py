"""A review on somebody's desk: read in a version, written and led on in that version (REV-6)."""

from dataclasses import dataclass

from deploy.local.calls import Api, Body, DemoFailed


@dataclass(slots=True)
class Desk:
    """One review as one person has it before them."""

    api: Api
    path: str
    body: Body
    etag: str

    @classmethod
    def open(cls, api: Api, review_id: str) -> "Desk":
        """Read it."""
        path = f"/v1/reviews/{review_id}"
        return cls(api, path, *api.exchange("GET", path))

    def write(self, part: str, body: Body) -> "Desk":
        """Save an assessment."""
        self.body, self.etag = self.api.exchange("PUT", f"{self.path}/{part}-assessment", body, etag=self.etag)
        return self

    def act(self, action: str, body: Body | None = None, *, to: str) -> "Desk":
        """Lead it on, to where the flow has it."""
        if action not in self.body["allowed_actions"]:
            raise DemoFailed(
                f"{self.path} at {self.body['step']} does not offer {action}: {self.body['allowed_actions']}"
            )
        path = f"{self.path}/actions/{action}"
        self.body, self.etag = self.api.exchange("POST", path, body or {}, etag=self.etag)
        return self.must_be_at(to)

    def must_be_at(self, step: str) -> "Desk":
        """Fail loudly where it is at another step."""
        if self.body["step"] != step:
            raise DemoFailed(f"{self.path} is at {self.body['step']}, and must be at {step}")
        return self
