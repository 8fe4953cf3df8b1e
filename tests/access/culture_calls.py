"""The requests of the matrix on check-ins, recognition and alerts."""

from attain_shared.alerts.rule_schemas import RULE_EXAMPLE
from attain_shared.clock import business_day
from attain_shared.rules.periods import Grain, bucket_start
from tests.access.requests import Call, delete, get, post, send

TODAY = business_day()
REPORT = {"kind": "weekly", "starts_on": bucket_start(TODAY, Grain.WEEK).isoformat(), "summary": "主图改版上线"}
TALK = {"kind": "one_on_one", "starts_on": TODAY.isoformat(), "with_person_id": "{manager}", "summary": "带教"}
ON_GOAL = {"goals": [{"goal_id": "{standing_of_subject}", "confidence": "on_track"}]}
COMMENT = {"text": "摄影已协调"}
CASE = {"behaviour": "主动跟进客户的补发", "consequence": "无一差评"}
PRAISE = {"kind": "praise", "person_ids": ["{accountless}"], "case": CASE, "on": TODAY.isoformat()}

CULTURE_CALLS: dict[str, Call] = {
    "create_check_in": post("/v1/check-ins", REPORT),
    "create_check_in@one_on_one": post("/v1/check-ins", TALK),
    "create_check_in@goal": post("/v1/check-ins", REPORT | ON_GOAL),
    "list_check_ins": get("/v1/check-ins"),
    "list_missing_check_ins": get("/v1/check-ins/missing"),
    "get_check_in": get("/v1/check-ins/{check_in}"),
    "get_check_in@draft": get("/v1/check-ins/{draft_check_in}"),
    "get_check_in@one_on_one": get("/v1/check-ins/{one_on_one}"),
    "update_check_in": send("PATCH", "/v1/check-ins/{draft_check_in}", {"plans": "双11预热"}),
    "update_check_in@submitted": send("PATCH", "/v1/check-ins/{check_in}", {"plans": "双11预热"}),
    "delete_check_in": delete("/v1/check-ins/{draft_check_in}"),
    "submit_check_in": post("/v1/check-ins/{draft_check_in}/actions/submit"),
    "list_check_in_comments": get("/v1/check-ins/{check_in}/comments"),
    "comment_on_check_in": post("/v1/check-ins/{check_in}/comments", COMMENT),
    "comment_on_check_in@draft": post("/v1/check-ins/{draft_check_in}/comments", COMMENT),
    "give_recognition": post("/v1/recognitions", PRAISE),
    "give_recognition@award": post("/v1/recognitions", PRAISE | {"kind": "award", "name": "九月龙虎榜"}),
    "list_recognitions": get("/v1/recognitions"),
    "get_recognition": get("/v1/recognitions/{recognition}"),
    "update_recognition": send("PATCH", "/v1/recognitions/{recognition}", {"case": CASE}),
    "withdraw_recognition": delete("/v1/recognitions/{recognition}"),
    "remove_recognition": post("/v1/recognitions/{recognition}/actions/remove", {"reason": "内容不实"}),
    "list_alerts": get("/v1/alerts"),
    "get_alert": get("/v1/alerts/{alert}"),
    "get_alert@goal": get("/v1/alerts/{alert_on_goal}"),
    "get_alert@department": get("/v1/alerts/{alert_on_department}"),
    "acknowledge_alert": post("/v1/alerts/{alert}/actions/acknowledge", {}),
    "acknowledge_alert@goal": post("/v1/alerts/{alert_on_goal}/actions/acknowledge", {}),
    "create_alert_rule": post("/v1/alert-rules", RULE_EXAMPLE),
    "list_alert_rules": get("/v1/alert-rules"),
    "get_alert_rule": get("/v1/alert-rules/{alert_rule}"),
    "update_alert_rule": send("PATCH", "/v1/alert-rules/{alert_rule}", {"severity": "info"}),
    "delete_alert_rule": delete("/v1/alert-rules/{alert_rule}"),
    "listen_to_events": get("/v1/events"),
}
