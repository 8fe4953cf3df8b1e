"""Every table, imported once: what Alembic compares the database with, and which ones stand outside the wall."""

from attain_shared.access import models as access
from attain_shared.alerts import models as alerts
from attain_shared.audit import models as audit
from attain_shared.calendar import models as calendar
from attain_shared.check_ins import models as check_ins
from attain_shared.db.base import Base
from attain_shared.departments import models as departments
from attain_shared.events import models as events
from attain_shared.goals import attainment_models, template_models
from attain_shared.goals import models as goals
from attain_shared.metrics import models as metrics
from attain_shared.people import models as people
from attain_shared.positions import models as positions
from attain_shared.recognitions import models as recognitions
from attain_shared.reviews import calibration_models, follow_up_models, rater_models
from attain_shared.reviews import models as reviews
from attain_shared.shops import models as shops
from attain_shared.webhooks import models as webhooks
from attain_shared.work import models as work

__all__ = [
    "INSTALLATION_TABLES",
    "access",
    "alerts",
    "attainment_models",
    "audit",
    "calendar",
    "calibration_models",
    "check_ins",
    "departments",
    "events",
    "follow_up_models",
    "goals",
    "metadata",
    "metrics",
    "people",
    "positions",
    "rater_models",
    "recognitions",
    "reviews",
    "shops",
    "template_models",
    "webhooks",
    "work",
]

metadata = Base.metadata

INSTALLATION_TABLES = frozenset(
    {
        "companies",
        "accounts",
        "account_identities",
        "memberships",
        "sessions",
        "refresh_tokens",
        "one_time_links",
        "sign_in_throttles",
        "oidc_sign_ins",
        "api_keys",
        "company_work",
        "event_relays",
        "worker_heartbeats",
        "installation_samples",
    }
)
"""Tables of the installation: all others are company data, and their keys start with `company_id` (ORG-0)."""
