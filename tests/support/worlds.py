"""Companies that are alike in everything but their ids and one figure."""

from dataclasses import dataclass
from decimal import Decimal

from attain_shared.identifiers import new_id
from tests.support.stack import Stack
from tests.support.story import Company, Connector, Json, make_company, metric_indicator

SHOP, SHOP_OF_ONE = "brand-flagship", "only-in-one"
NAME, EMAIL = "同名公司", "lin@same.example.com"
PUSH_KEY = "one key for both"


@dataclass
class World:
    """A company with one of everything, by the names that paths and queries give to ids."""

    company: Company
    connector: Connector
    ids: dict[str, str]
    gmv: str

    def counts(self) -> dict[str, int]:
        """How many rows each list has."""
        paths = ("departments", "people", "shops", "connectors", "metric-batches", "cycles", "goals")
        return {path: len(list(self.company.admin.items(f"/v1/{path}"))) for path in paths}


def make_world(stack: Stack, *, gmv: str) -> World:
    """A company with one of everything; the shop sold this much on a day."""
    company = make_company(stack.base_url, name=NAME)
    shop_id = company.make_shop(SHOP)
    connector = company.make_connector([shop_id])
    create = company.admin.create
    department: Json = {
        "name": "运营部",
        "function": "operations",
        "parent_id": None,
        "headcount_plan": 6,
        "duties": [],
    }
    department_id = create("/v1/departments", department)["id"]
    person: Json = {"name": "林晓", "email": EMAIL, "department_id": department_id, "position_id": None}
    person |= {"manager_id": None, "employment_type": "employee", "hired_on": "2026-03-01", "roles": ["employee"]}
    person_id = create("/v1/people", person)["id"]
    cycle_id = company.make_cycle("quarter", "2026-07-01")
    metric = {"code": "live_gmv", "zh": "直播成交金额", "en": "Live GMV", "unit": "CNY"}
    metric_code = create("/v1/metrics", metric | {"algebra": "additive", "better": "higher"})["code"]
    item_set = {"shop_id": shop_id, "name": "爆款", "item_ids": ["1"]}
    item_set_id = create("/v1/item-sets", item_set)["id"]
    indicators = [metric_indicator("gmv", [shop_id], "1000")]
    owner = {"type": "person", "id": person_id}
    steps = [{"title": "方案", "due_on": "2026-07-15"}]
    goal_id = company.make_goal(cycle_id, indicators, weight="100", title="提升成交", milestones=steps)
    confirmed = company.make_goal(cycle_id, indicators, owner=owner, weight="100", title="提升成交")
    for action in ("submit", "confirm"):
        company.admin.act(f"/v1/goals/{confirmed}", action)
    row = {"shop": f"tmall:{SHOP}", "metric": "gmv", "bucket": "2026-07-01", "value": gmv}
    strange = row | {"shop": f"tmall:{SHOP_OF_ONE}"}
    batch_id = connector.push([row, strange], key=PUSH_KEY)["id"]
    company.wait_for_batch(goal_id, batch_id)
    ids = {"department_id": department_id, "person_id": person_id, "shop_id": shop_id, "connector_id": connector.id}
    ids |= {
        "item_set_id": item_set_id,
        "metric_code": metric_code,
        "head_id": person_id,
        "resource_id": person_id,
        "actor_id": person_id,
    }
    position = {"name": "店长", "function": "operations", "tier": "middle", "grade": "manager", "is_key": True}
    report = {"file": ("report.csv", f"统计日期,浏览量\n2026-07-01,{gmv}\n".encode())}
    ids["import_id"] = company.admin.upload("/v1/metric-imports", report, shop=f"tmall:{SHOP}")["id"]
    event = {"code": "members_day", "name": "会员日", "starts_on": "2026-05-20", "ends_on": "2026-05-20"}
    ids["calendar_event_id"] = create("/v1/event-calendar", event)["id"]
    ids["position_id"] = create("/v1/positions", position)["id"]
    ids["rubric_id"] = create("/v1/rubrics", {"name": "标准", "rules": [], "otherwise": "3.5"})["id"]
    ids["rules_version"] = "1"
    template = {"name": "模板", "title": "目标", "weight": "10", "indicators": [{"kind": "milestones"}]}
    ids["template_id"] = create("/v1/kpi-templates", template)["id"]
    ids["invitation_id"] = create("/v1/invitations", {"person_id": person_id})["id"]
    ids["event_id"] = next(company.admin.items(f"/v1/people/{person_id}/history"))["id"]
    ids["session_id"] = next(company.admin.items("/v1/auth/sessions"))["id"]
    goal = company.admin.get(f"/v1/goals/{goal_id}")
    ids["indicator_id"], ids["milestone_id"] = goal["indicators"][0]["id"], goal["milestones"][0]["id"]
    ids |= {"cycle_id": cycle_id, "goal_id": goal_id, "batch_id": batch_id, "wait_for_batch": batch_id}
    ids |= _noticed(stack, ids, gmv=gmv)
    ids["entry_id"] = _entered(stack, ids, goal_id=goal_id)
    ids |= _reviewed(company, person_id=person_id)
    ids |= _asked(stack, company, ids)
    ids |= _followed_up(stack, company, ids)
    ids["decision_id"] = _decided(stack, ids)
    ids |= _told(stack, company)
    ids |= _recognised(company, person_id=person_id)
    return World(company, connector, ids | {"manager_id": person_id, "parent_id": department_id}, gmv)


def _reviewed(company: Company, *, person_id: str) -> dict[str, str]:
    """A review of 林晓's year by the administrator, who is HR too: nobody sees more of a company."""
    admin = company.admin
    me = admin.get("/v1/me")["person_id"]
    changed = admin.http.patch(f"/v1/people/{me}", json={"roles": ["admin", "hr", "employee"]})
    assert changed.status_code == 200, changed.text
    body: Json = {"name": "2026", "cadence": "year", "cycle_id": company.make_cycle("year", "2026-01-01")}
    round_id = admin.create("/v1/review-cycles", body | {"class": "staff"})["id"]
    named = {"assessors": [{"person_id": person_id, "assessor_id": me}]}
    admin.create(f"/v1/review-cycles/{round_id}/actions/open", named)
    value, _ = admin.items("/v1/values")
    (review,) = admin.items("/v1/reviews")
    (group,) = admin.get(f"/v1/review-cycles/{round_id}/calibration")["items"]
    ids = {"review_cycle_id": round_id, "review_id": review["id"], "value_id": value["id"]}
    return ids | {"group_id": group["group_id"]}


def _asked(stack: Stack, company: Company, ids: dict[str, str]) -> dict[str, str]:
    """A rater of the review, who was asked too late; a reminder of it, and a decision out of it."""
    made = {name: str(new_id()) for name in ("rater_id", "reminder_id", "decision_id")}
    rows = (
        ("review_raters", "person_id, relation, state, nominated_by", "manager_id, 'partner', 'approved', manager_id"),
        ("reminders", "person_id, subject, subject_id, kind, due_on", "manager_id, step, id, 'overdue', '2026-12-31'"),
        ("decisions", "person_id, kind, value, state, version", "person_id, 'training', '数据分析', 'proposed', 1"),
    )
    with stack.database() as database:
        for (table, columns, values), made_id in zip(rows, made.values(), strict=True):
            database.rows(
                f"""INSERT INTO {table} (company_id, id, review_id, created_at, {columns})
                    SELECT company_id, $1::uuid, id, now(), {values} FROM reviews WHERE id = $2""",
                *(made_id, ids["review_id"]),
            )
    company.admin.act(f"/v1/reviews/{ids['review_id']}/raters", "close")
    return made


def _followed_up(stack: Stack, company: Company, ids: dict[str, str]) -> dict[str, str]:
    """What surrounds a review that is over: feedback by the administrator, and what they see to."""
    case = {"behaviour": "两次周报未附转化数据", "consequence": "投放调整晚了一周"}
    said: Json = {"person_id": ids["person_id"], "kind": "constructive", "case": case, "on": "2026-08-14"}
    feedback = company.admin.create("/v1/feedback", said)
    made = {"action_item_id": str(new_id()), "improvement_plan_id": str(new_id())}
    of_review = "SELECT company_id, $1::uuid, id, person_id, manager_id, 'open', '2026-12-31', now(), 1"
    with stack.database() as database:
        for table, columns, values, made_id in (
            ("action_items", "origin, title", "'interview', '周报'", made["action_item_id"]),
            ("improvement_plans", "starts_on", "'2026-10-08'::date", made["improvement_plan_id"]),
        ):
            database.rows(
                f"""INSERT INTO {table} (company_id, id, review_id, person_id, owner_id, state, due_on, created_at,
                                         version, {columns})
                    {of_review}, {values} FROM reviews WHERE id = $2""",
                *(made_id, ids["review_id"]),
            )
    return made | {"feedback_id": feedback["id"], "author_id": feedback["author_id"], "owner_id": feedback["author_id"]}


def _recognised(company: Company, *, person_id: str) -> dict[str, str]:
    """Praise of 林晓, and a check-in that the administrator has begun."""
    create = company.admin.create
    case = {"behaviour": "主动跟进补发", "consequence": "无一差评"}
    praise: Json = {"kind": "praise", "person_ids": [person_id], "case": case, "on": "2026-08-14"}
    recognition = create("/v1/recognitions", praise)
    check_in = create("/v1/check-ins", {"kind": "weekly", "starts_on": "2026-08-10", "summary": "主图改版"})
    return {"recognition_id": recognition["id"], "check_in_id": check_in["id"], "with_person_id": person_id}


def _decided(stack: Stack, ids: dict[str, str]) -> str:
    """A decision that is proposed, out of the review as one of a year."""
    decision_id = str(new_id())
    with stack.database() as database:
        database.rows("UPDATE review_cycles SET cadence = 'year' WHERE id = $1", ids["review_cycle_id"])
        database.rows(
            """INSERT INTO decisions (company_id, id, review_id, person_id, kind, value, state, created_at, version)
               SELECT company_id, $1::uuid, id, person_id, 'bonus_factor', '1.0', 'proposed', now(), 1
               FROM reviews WHERE id = $2""",
            *(decision_id, ids["review_id"]),
        )
    return decision_id


def _told(stack: Stack, company: Company) -> dict[str, str]:
    """A webhook that is told of nothing any more, and a delivery that arrived there: so nothing of them moves."""
    hook: Json = {"name": "数据平台", "channel": "webhook", "url": "https://hooks.example.com/attain"}
    hook |= {"event_kinds": ["alert.raised"], "is_active": False}
    ids = {"webhook_id": company.admin.create("/v1/webhooks", hook)["id"], "delivery_id": str(new_id())}
    with stack.database() as database:
        database.rows(
            """INSERT INTO deliveries (company_id, id, webhook_id, event_id, subject_id, position, kind, data, state,
                                       attempts, tries, happened_at, finished_at, created_at)
               SELECT company_id, $1::uuid, id, $2::uuid, $3::uuid, 1, 'alert.raised', '{}', 'delivered',
                      1, '[]', now(), now(), now() FROM webhooks WHERE id = $4""",
            *(ids["delivery_id"], new_id(), new_id(), ids["webhook_id"]),
        )
    return ids


def _entered(stack: Stack, ids: dict[str, str], *, goal_id: str) -> str:
    """A number entered for a goal, which no draft would take."""
    entry_id = str(new_id())
    with stack.database() as database:
        database.rows(
            """INSERT INTO indicator_entries (company_id, id, goal_id, indicator_id, value, on_day, evidence, state,
                                              entered_by, created_at, version)
               SELECT company_id, $1::uuid, goal_id, id, 1, '2026-07-01', 'a list', 'pending', $2::uuid, now(), 1
               FROM indicators WHERE id = $3 AND goal_id = $4""",
            *(entry_id, ids["person_id"], ids["indicator_id"], goal_id),
        )
    return entry_id


def _noticed(stack: Stack, ids: dict[str, str], *, gmv: str) -> dict[str, str]:
    """A finding and an alert, both over, so the worker leaves them as they are; and a rule."""
    noticed = {"finding_id": str(new_id()), "alert_id": str(new_id())}
    noticed |= dict.fromkeys(("alert_rule_id", "rule_id"), str(new_id()))
    of_shop = "SELECT company_id, id, $1::uuid, now(), now()"
    with stack.database() as database:
        database.rows(
            f"""INSERT INTO metric_findings (company_id, shop_id, id, found_at, resolved_at, batch_id, bucket, grain,
                                             dimension, metric, kind, value, expected)
                {of_shop}, $3::uuid, '2026-07-01', 'day', '', 'gmv', 'tenfold', $4::numeric, 1
                FROM shops WHERE id = $2""",
            *(noticed["finding_id"], ids["shop_id"], ids["batch_id"], Decimal(gmv)),
        )
        database.rows(
            f"""INSERT INTO alerts (company_id, shop_id, id, raised_at, cleared_at, connector_id, kind, details, version)
                {of_shop}, $3::uuid, 'silent_connector', '{{}}', 1 FROM shops WHERE id = $2""",
            *(noticed["alert_id"], ids["shop_id"], ids["connector_id"]),
        )
        database.rows(
            """INSERT INTO alert_rules (company_id, id, name, kind, condition, severity, is_active, created_at, version)
               SELECT company_id, $1::uuid, '数据中断', 'silent_connector', '{"kind": "silent_connector"}', 'warning',
                      true, now(), 1 FROM shops WHERE id = $2""",
            *(noticed["alert_rule_id"], ids["shop_id"]),
        )
    return noticed
