"""A valid request of every row of the matrix: whoever may, gets a 2xx for it."""

from attain_shared.clock import business_day
from tests.access.culture_calls import CULTURE_CALLS
from tests.access.requests import Call, Json, delete, filled, get, post, send, upload
from tests.access.review_calls import REVIEW_CALLS
from tests.support.companies import PASSWORD
from tests.support.goals import indicator
from tests.support.matrix_world import World

TODAY = business_day().isoformat()
NEW_PASSWORD = "a brand new and long passphrase"
JULY = {"from": "2026-07-01", "to": "2026-07-31"}


def sign_in(who: str) -> Call:
    """The password form, as somebody of the world."""
    form = {"username": f"{{email_of_{who}}}", "password": PASSWORD}
    return lambda ids: {"method": "POST", "url": "/v1/auth/token", "data": filled(form, ids)}


def assign(to: Json) -> Call:
    """Give a template to people, each over their own shops."""
    return post("/v1/kpi-templates/{template}/assign", {"cycle_id": "{drafts}", "to": to})


OWNERS: dict[str, Json] = {
    "subject": {"type": "person", "id": "{subject}"},
    "accountless": {"type": "person", "id": "{accountless}"},
    "department": {"type": "department", "id": "{department}"},
    "company": {"type": "company"},
}


def goal_calls() -> dict[str, Call]:
    """What is done with goals, by whose they are; `subject`'s without a suffix."""
    calls: dict[str, Call] = {}
    for owner, named in OWNERS.items():
        at = "" if owner == "subject" else f"@{owner}"
        draft, submitted, standing = (
            f"/v1/goals/{{{state}_of_{owner}}}" for state in ("drafts", "submitted", "standing")
        )
        body = {"cycle_id": "{drafts}", "owner": named, "title": "又一个目标", "weight": "0"}
        calls[f"post_goal{at}"] = post("/v1/goals", body | {"indicators": [indicator(["{shop}"])]})
        calls[f"get_goal{at}"] = get(standing)
        calls[f"get_goal{at}{'-' if at else '@'}draft"] = get(draft)
        calls[f"patch_goal{at}"] = send("PATCH", draft, {"title": "改过的目标"})
        calls[f"submit_goal{at}"] = post(f"{draft}/actions/submit")
        calls[f"confirm_goal{at}"] = post(f"{submitted}/actions/confirm")
        weights = [{"goal_id": f"{{drafts_of_{owner}}}", "weight": "100"}]
        weighed = {"cycle_id": "{drafts}", "owner": named, "weights": weights}
        calls[f"put_goal_weights{at}"] = send("PUT", "/v1/goal-weights", weighed)
        calls[f"get_goal_attainment{at}"] = get(f"{standing}/attainment")
    submitted, standing = "/v1/goals/{submitted_of_subject}", "/v1/goals/{standing_of_subject}"
    for action in ("return", "adjust", "cancel"):
        calls[f"{action}_goal"] = post(f"{submitted}/actions/{action}", {"reason": "另有安排"})
    calls["close_goal"] = post(f"{standing}/actions/close")
    calls["list_goal_history"] = get(f"{standing}/history")
    calls["list_goal_history@department"] = get("/v1/goals/{standing_of_department}/history")
    calls["complete_milestone"] = post(f"{standing}/milestones/{{milestone}}/actions/complete", {"on": TODAY})
    calls["reopen_milestone"] = post(f"{standing}/milestones/{{milestone_done}}/actions/reopen")
    entries = f"{standing}/indicators/{{manual_indicator}}/entries"
    calls["create_entry"] = post(entries, {"value": "3", "on": "2026-07-02", "evidence": "签到表"})
    calls["list_entries"] = get(entries)
    calls["accept_entry"] = post(f"{entries}/{{entry}}/actions/accept")
    calls["reject_entry"] = post(f"{entries}/{{entry}}/actions/reject", {"reason": "没有签到表"})
    calls["get_goal_attainment@company-draft"] = get("/v1/goals/{drafts_of_company}/attainment")
    return calls


def explanation_calls() -> dict[str, Call]:
    """Attainments opened up: 林晓's, and that of 运营一部."""
    calls: dict[str, Call] = {}
    for owner, at in (("subject", ""), ("department", "@department")):
        goal, measured = f"/v1/goals/{{standing_of_{owner}}}", f"{{indicator_of_{owner}}}"
        calls[f"get_goal_attainment_history{at}"] = get(f"{goal}/attainment/history")
        calls[f"explain_goal{at}"] = get(f"{goal}/explain")
        calls[f"list_explained_rows{at}"] = get(f"{goal}/explain/rows", indicator_id=measured)
        supposed: Json = {"indicators": [{"indicator_id": measured, "actual": "1"}]}
        calls[f"suppose_goal{at}"] = post(f"{goal}/what-if", supposed)
        calls[f"get_goal_gap{at}"] = get(f"{goal}/gap")
    return calls


def metric_calls() -> dict[str, Call]:
    """Values, of the shop of 林晓 and of another one."""
    calls: dict[str, Call] = {}
    for at, shop in (("", "{shop}"), ("@other", "{other_shop}")):
        of = {"shop_id": shop, "metric": "gmv"}
        calls[f"list_metric_values{at}"] = get("/v1/metric-values", **of, **JULY)
        calls[f"get_metric_total{at}"] = get("/v1/metric-values/total", **of, **JULY)
        calls[f"list_observation_history{at}"] = get("/v1/observations/history", **of, grain="day", bucket="2026-07-01")
        calls[f"get_metric_finding{at}"] = get(f"/v1/metric-findings/{{finding_on_{shop[1:-1]}}}")
    for at, batch in (("", "{batch_of_connector}"), ("@other", "{batch_of_other_connector}")):
        calls[f"get_metric_batch{at}"] = get(f"/v1/metric-batches/{batch}")
        calls[f"list_metric_batch_rows{at}"] = get(f"/v1/metric-batches/{batch}/rows")
        calls[f"replay_metric_batch{at}"] = post(f"/v1/metric-batches/{batch}/actions/replay")
    return calls


PUSH: Json = {
    "grain": "day",
    "observed_at": "2026-07-03T09:00:00+08:00",
    "observations": [{"shop": "tmall:shop", "metric": "gmv", "bucket": "2026-07-02", "value": "1"}],
}
REPORT = "统计日期,支付金额\n2026-07-02,1\n"
WEBHOOK = {
    "name": "new",
    "channel": "webhook",
    "url": "https://hooks.example.com/new",
    "event_kinds": ["alert.raised"],
}
METRIC: Json = {"code": "live_orders", "zh": "直播订单数", "en": "Live orders", "unit": "orders"}
METRIC |= {"algebra": "additive", "better": "higher"}
PERSON: Json = {"name": "新人", "email": "new@example.com", "hired_on": TODAY}
POSITION: Json = {"name": "新岗位", "function": "operations", "tier": "frontline", "grade": "staff"}
EVENT: Json = {"effective_on": TODAY}
RUBRIC: Json = {"name": "新标准", "rules": [], "otherwise": "3.5"}
TEMPLATE: Json = {"name": "新模板", "title": "目标", "weight": "10", "indicators": [{"kind": "milestones"}]}

CALLS: dict[str, Call] = {
    # health
    "get_livez": get("/livez"),
    "get_readyz": get("/readyz"),
    "get_metrics": get("/metrics"),
    "get_ops_status": get("/v1/ops/status"),
    "get_ops_samples": get("/v1/ops/samples"),
    # sign-in
    "create_token": sign_in("subject"),
    "create_token@left": sign_in("left"),
    "create_token@revoked": sign_in("revoked"),
    "refresh_token": post("/v1/auth/refresh", {"refresh_token": "{refresh_token}"}),
    "logout": post("/v1/auth/logout", {"refresh_token": "{refresh_token}"}),
    "get_me": get("/v1/me"),
    "list_sessions": get("/v1/auth/sessions"),
    "revoke_session": delete("/v1/auth/sessions/{session}"),
    "revoke_other_sessions": post("/v1/auth/sessions/actions/revoke-others"),
    "sign_out_person": post("/v1/people/{subject}/sign-out"),
    "change_password": post("/v1/auth/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}),
    "create_password_reset": post("/v1/people/{subject}/password-reset"),
    "create_password_reset@admin": post("/v1/people/{admin}/password-reset"),
    "create_password_reset@platform": post("/v1/people/{platform}/password-reset"),
    "complete_password_reset": post("/v1/auth/password/reset", {"token": "{reset_token}", "password": NEW_PASSWORD}),
    "create_invitation": post("/v1/invitations", {"person_id": "{accountless}"}),
    "create_invitation@admin": post("/v1/invitations", {"person_id": "{accountless_admin}"}),
    "list_invitations": get("/v1/invitations"),
    "revoke_invitation": delete("/v1/invitations/{invitation}"),
    "accept_invitation": post("/v1/invitations/accept", {"token": "{invitation_token}", "password": NEW_PASSWORD}),
    # nobody has told this installation of an identity provider: there is none, for whomever asks
    "start_oidc": post("/v1/auth/oidc/start", {"redirect_uri": "https://attain.example.com/back"}),
    "finish_oidc": post("/v1/auth/oidc/finish", {"state": "a state", "code": "a code"}),
    # companies
    "create_company": post(
        "/v1/companies", {"name": "新公司", "admin_email": "x@example.com", "admin_password": NEW_PASSWORD}
    ),
    "list_companies": get("/v1/companies"),
    # departments
    "create_department": post("/v1/departments", {"name": "新部门", "function": "design"}),
    "create_department@below": post(
        "/v1/departments", {"name": "新部门", "function": "design", "parent_id": "{department}"}
    ),
    "list_departments": get("/v1/departments"),
    "get_department_tree": get("/v1/departments/tree"),
    "get_department": get("/v1/departments/{department}"),
    "get_department@closed": get("/v1/departments/{closed_department}"),
    "update_department": send("PATCH", "/v1/departments/{department}", {"name": "运营二部"}),
    "delete_department": delete("/v1/departments/{empty_department}"),
    "move_department": post("/v1/departments/{department}/actions/move", {"parent_id": "{other_department}"}),
    "merge_department": post("/v1/departments/{empty_department}/actions/merge", {"into_id": "{department}"}),
    "close_department": post("/v1/departments/{empty_department}/actions/close"),
    "reopen_department": post("/v1/departments/{closed_department}/actions/reopen"),
    "list_department_stats": get("/v1/departments/stats"),
    "get_department_stats": get("/v1/departments/{department}/stats"),
    "list_blueprints": get("/v1/blueprints"),
    "apply_blueprint": post("/v1/blueprints/standard/apply", {}),
    # people
    "create_person": post("/v1/people", PERSON),
    "create_person@there": post("/v1/people", PERSON | {"department_id": "{department}", "manager_id": "{manager}"}),
    "list_people": get("/v1/people"),
    "get_person": get("/v1/people/{subject}"),
    "get_person@past": get("/v1/people/{subject}", on="2026-07-15"),
    "get_person@left": get("/v1/people/{left}"),
    "get_person@accountless": get("/v1/people/{accountless}"),
    "update_person": send("PATCH", "/v1/people/{subject}", {"name": "林小晓"}),
    "update_person@self": send("PATCH", "/v1/people/{subject}", {"phone": "+86 138 0000 0002"}),
    "update_person@admin": send("PATCH", "/v1/people/{hr}", {"roles": ["admin", "hr", "employee"]}),
    "transfer_person": post("/v1/people/{subject}/transfer", EVENT | {"department_id": "{other_department}"}),
    "promote_person": post("/v1/people/{subject}/promote", EVENT | {"position_id": "{position}"}),
    "change_manager": post("/v1/people/{subject}/change-manager", EVENT | {"manager_id": "{skip}"}),
    "confirm_person": post("/v1/people/{subject}/confirm", EVENT),
    "leave_person": post("/v1/people/{subject}/leave", EVENT),
    "rehire_person": post("/v1/people/{left}/rehire", EVENT),
    "list_person_history": get("/v1/people/{subject}/history"),
    "correct_person_event": post(
        "/v1/people/{peer}/history/{event_of_peer}/actions/correct", {"reason": "a typing mistake", "note": "right"}
    ),
    "withdraw_person_event": post(
        "/v1/people/{peer}/history/{event_of_peer}/actions/withdraw", {"reason": "the wrong person"}
    ),
    "list_person_history@left": get("/v1/people/{left}/history"),
    "import_people": upload("/v1/people/import", "name,email,hired_on\n新人,new@example.com,2026-03-01\n"),
    "import_people@admin": upload(
        "/v1/people/import", "name,email,hired_on,roles\n新人,new@example.com,2026-03-01,admin\n"
    ),
    "import_people@executive": upload(
        "/v1/people/import", "name,email,hired_on,roles\n新人,new@example.com,2026-03-01,executive\n"
    ),
    "export_people": post("/v1/people/export", {}),
    "export_personal_data": get("/v1/people/{subject}/personal-data"),
    "export_personal_data@left": get("/v1/people/{left}/personal-data"),
    "erase_person": post("/v1/people/{left}/erase"),
    "erase_person@platform": post("/v1/people/{platform}/erase"),
    # positions
    "create_position": post("/v1/positions", POSITION),
    "list_positions": get("/v1/positions"),
    "get_position": get("/v1/positions/{position}"),
    "update_position": send("PATCH", "/v1/positions/{position}", {"grade": "lead"}),
    "delete_position": delete("/v1/positions/{unused_position}"),
    "close_position": post("/v1/positions/{position}/actions/close"),
    "reopen_position": post("/v1/positions/{closed_position}/actions/reopen"),
    "get_position_library": get("/v1/positions/library"),
    "apply_position_library": post("/v1/positions/library/apply", {"codes": None}),
    "get_successors": get("/v1/positions/{position}/successors"),
    "put_successors": send(
        "PUT", "/v1/positions/{position}/successors", {"items": [{"person_id": "{subject}", "readiness": "now"}]}
    ),
    # audit
    "list_audit_entries": get("/v1/audit-entries"),
    # shops
    "create_shop": post("/v1/shops", {"platform": "tmall", "external_id": "new", "name": "新店"}),
    "list_shops": get("/v1/shops"),
    "get_shop": get("/v1/shops/{shop}"),
    "get_shop@other": get("/v1/shops/{other_shop}"),
    "update_shop": send("PATCH", "/v1/shops/{shop}", {"name": "旗舰店"}),
    "get_shop_owners": get("/v1/shops/{shop}/owners"),
    "list_shop_owners": get("/v1/shops/{shop}/owners/history"),
    "put_shop_owners": send("PUT", "/v1/shops/{shop}/owners", {"starts_on": "2026-10-01", "owners": []}),
    "list_calendar_events": get("/v1/event-calendar"),
    "create_calendar_event": post(
        "/v1/event-calendar",
        {"code": "sale_618", "name": "618", "starts_on": "2026-06-01", "ends_on": "2026-06-18"},
    ),
    "get_calendar_event": get("/v1/event-calendar/{calendar_event}"),
    "update_calendar_event": send("PATCH", "/v1/event-calendar/{calendar_event}", {"name": "会员日二"}),
    "delete_calendar_event": delete("/v1/event-calendar/{calendar_event}"),
    "create_item_set": post("/v1/item-sets", {"shop_id": "{shop}", "name": "爆款二", "item_ids": ["1"]}),
    "list_item_sets": get("/v1/item-sets"),
    "get_item_set": get("/v1/item-sets/{item_set}"),
    "update_item_set": send("PATCH", "/v1/item-sets/{item_set}", {"name": "爆款三"}),
    "delete_item_set": delete("/v1/item-sets/{item_set}"),
    # webhooks
    "create_webhook": post("/v1/webhooks", WEBHOOK),
    "list_webhooks": get("/v1/webhooks"),
    "get_webhook": get("/v1/webhooks/{webhook}"),
    "update_webhook": send("PATCH", "/v1/webhooks/{webhook}", {"name": "renamed"}),
    "delete_webhook": delete("/v1/webhooks/{webhook}"),
    "rotate_webhook_secret": post("/v1/webhooks/{webhook}/actions/rotate", {"overlap_hours": 1}),
    "send_test_to_webhook": post("/v1/webhooks/{webhook}/actions/test"),
    "replay_webhook": post("/v1/webhooks/{webhook}/actions/replay", {"since": "2026-01-01T00:00:00+08:00"}),
    "list_deliveries": get("/v1/webhooks/{webhook}/deliveries"),
    "get_delivery": get("/v1/webhooks/{webhook}/deliveries/{delivery}"),
    "replay_delivery": post("/v1/webhooks/{webhook}/deliveries/{delivery}/actions/replay"),
    # connectors and batches
    "create_connector": post("/v1/connectors", {"name": "new", "shop_ids": ["{shop}"], "scopes": ["write"]}),
    "list_connectors": get("/v1/connectors"),
    "get_connector": get("/v1/connectors/{connector}"),
    "update_connector": send("PATCH", "/v1/connectors/{connector}", {"name": "renamed"}),
    "rotate_connector_key": post("/v1/connectors/{connector}/actions/rotate", {"overlap_hours": 1}),
    "revoke_connector": post("/v1/connectors/{connector}/actions/revoke"),
    "post_metric_batch": post("/v1/metric-batches", PUSH, Idempotency_Key="another"),
    "list_metric_batches": get("/v1/metric-batches"),
    "create_metric_import": upload("/v1/metric-imports", REPORT, shop="tmall:shop"),
    "create_metric_import@dry": upload("/v1/metric-imports", REPORT, shop="tmall:shop", dry_run="true"),
    "list_metric_imports": get("/v1/metric-imports"),
    "get_metric_import": get("/v1/metric-imports/{metric_import}"),
    "list_metrics": get("/v1/metrics"),
    "create_metric": post("/v1/metrics", METRIC),
    "get_metric": get("/v1/metrics/{own_metric}"),
    "get_metric@shipped": get("/v1/metrics/gmv"),
    "list_metric_versions": get("/v1/metrics/{own_metric}/versions"),
    "update_metric": send("PATCH", "/v1/metrics/{own_metric}", {"zh": "直播成交额"}),
    "update_metric@shipped": send("PATCH", "/v1/metrics/gmv", {"zh": "成交额"}),
    **metric_calls(),
    "list_metric_findings": get("/v1/metric-findings"),
    # cycles, goals, scorecards
    "post_cycle": post("/v1/cycles", {"kind": "month", "starts_on": "2027-01-01", "name": "2027-01"}),
    "list_cycles": get("/v1/cycles"),
    "get_cycle": get("/v1/cycles/{standing}"),
    "close_cycle": post("/v1/cycles/{standing}/actions/close"),
    "open_cycle": post("/v1/cycles/{closed_cycle}/actions/open"),
    "copy_cycle": post("/v1/cycles/{standing}/actions/copy", {}),
    "get_cascade": get("/v1/cycles/{standing}/cascade"),
    # rubrics and templates
    "create_rubric": post("/v1/rubrics", RUBRIC),
    "list_rubrics": get("/v1/rubrics"),
    "get_default_rubric": get("/v1/rubrics/default"),
    "get_rubric": get("/v1/rubrics/{rubric}"),
    "get_rubric_version": get("/v1/rubrics/{rubric}/versions/1"),
    "update_rubric": send("PATCH", "/v1/rubrics/{rubric}", {"otherwise": "4"}),
    "create_kpi_template": post("/v1/kpi-templates", TEMPLATE),
    "list_kpi_templates": get("/v1/kpi-templates"),
    "list_shipped_kpi_templates": get("/v1/kpi-templates/shipped"),
    "get_kpi_template": get("/v1/kpi-templates/{template}"),
    "update_kpi_template": send("PATCH", "/v1/kpi-templates/{template}", {"title": "改过的模板"}),
    "delete_kpi_template": delete("/v1/kpi-templates/{template}"),
    "assign_kpi_template": assign({"person_ids": ["{subject}"]}),
    "assign_kpi_template@department": assign({"department_id": "{department}"}),
    "assign_kpi_template@left": assign({"person_ids": ["{left}"]}),
    "list_goals": get("/v1/goals"),
    **goal_calls(),
    **explanation_calls(),
    "get_company_scorecard": get("/v1/scorecards/company", cycle_id="{standing}"),
    "get_department_scorecard": get("/v1/scorecards/departments/{department}", cycle_id="{standing}"),
    "get_person_scorecard": get("/v1/scorecards/people/{subject}", cycle_id="{standing}"),
    "get_person_scorecard@accountless": get("/v1/scorecards/people/{accountless}", cycle_id="{standing}"),
    "get_leaderboard": get("/v1/leaderboards", cycle_id="{standing}"),
    "check_company_goals": get("/v1/goal-checks/company", cycle_id="{standing}"),
    "check_department_goals": get("/v1/goal-checks/departments/{department}", cycle_id="{standing}"),
    "check_person_goals": get("/v1/goal-checks/people/{subject}", cycle_id="{standing}"),
    "check_person_goals@accountless": get("/v1/goal-checks/people/{accountless}", cycle_id="{standing}"),
    "get_goal_split": get("/v1/goals/{standing_of_subject}/split", by="shop", person_id="{subject}"),
    "get_goal_split@accountless": get(
        "/v1/goals/{standing_of_accountless}/split", by="shop", person_id="{accountless}"
    ),
    "get_goal_split@department": get(
        "/v1/goals/{standing_of_department}/split", by="shop", department_id="{department}"
    ),
    **REVIEW_CALLS,
    **CULTURE_CALLS,
    "get_goal_split@company": get("/v1/goals/{standing_of_company}/split", by="shop", person_id="{subject}"),
}


def request_of(world: World, row: str) -> Json:
    """The request of a row."""
    return CALLS[row](world.ids)
