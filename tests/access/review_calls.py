"""The requests of the matrix on reviews and what surrounds them."""

from attain_shared.clock import business_day
from attain_shared.reviews.value_schemas import VALUE_EXAMPLE
from tests.access.requests import Call, get, post, send

RATINGS = [{"review_id": "{review_at_calibration}", "rating": "3.25", "reason": "与同组相比略低"}]
RATINGS_AT_HR = [{"review_id": "{review_at_hr}", "rating": "3.25", "reason": "与同组相比略低"}]

TODAY = business_day().isoformat()
CASE = {"behaviour": "主动跟进客户的补发", "consequence": "无一差评"}
INTERVIEW = {"held_on": TODAY, "good": [CASE]}
FEEDBACK = {"person_id": "{accountless}", "kind": "positive", "case": CASE, "on": TODAY}

ROUND = {"name": "2026 Q3", "cadence": "ad_hoc", "cycle_id": "{standing}", "person_ids": ["{subject}"]}
PROMOTION = {"review_id": "{yearly_review}", "kind": "promotion", "value": "店长", "reason": "带教新人"}

REVIEW_CALLS: dict[str, Call] = {
    "create_review_cycle": post("/v1/review-cycles", ROUND),
    "list_review_cycles": get("/v1/review-cycles"),
    "get_review_cycle": get("/v1/review-cycles/{review_cycle}"),
    "get_review_cycle@draft": get("/v1/review-cycles/{draft_review_cycle}"),
    "update_review_cycle": send("PATCH", "/v1/review-cycles/{draft_review_cycle}", {"person_ids": ["{subject}"]}),
    "update_review_cycle@open": send("PATCH", "/v1/review-cycles/{review_cycle}", {"name": "2026 Q3"}),
    "open_review_cycle": post("/v1/review-cycles/{draft_review_cycle}/actions/open"),
    "open_review_cycle@open": post("/v1/review-cycles/{review_cycle}/actions/open"),
    "close_review_cycle": post("/v1/review-cycles/{round_at_closed}/actions/close"),
    "close_review_cycle@busy": post("/v1/review-cycles/{review_cycle}/actions/close"),
    "get_review_progress": get("/v1/review-cycles/{review_cycle}/progress"),
    "create_value": post("/v1/values", VALUE_EXAMPLE),
    "list_values": get("/v1/values"),
    "get_value": get("/v1/values/{value}"),
    "update_value": send("PATCH", "/v1/values/{value}", {"position": 7}),
    "list_reviews": get("/v1/reviews"),
    "get_review": get("/v1/reviews/{review}"),
    "list_review_history": get("/v1/reviews/{review}/history"),
    "get_review_figures": get("/v1/reviews/{review_at_second_level}/figures"),
    "put_self_assessment": send("PUT", "/v1/reviews/{review}/self-assessment", {"comment": "整体符合期望"}),
    "put_manager_assessment": send(
        "PUT", "/v1/reviews/{review_at_manager_assessment}/manager-assessment", {"values": []}
    ),
    "put_second_level_assessment": send(
        "PUT", "/v1/reviews/{review_at_second_level}/second-level-assessment", {"values": []}
    ),
    "put_second_level_assessment@hr": send("PUT", "/v1/reviews/{review_at_hr}/second-level-assessment", {"values": []}),
    "submit_review": post("/v1/reviews/{review}/actions/submit"),
    "submit_review@manager": post("/v1/reviews/{review_at_manager_assessment}/actions/submit"),
    "return_review": post("/v1/reviews/{review_at_manager_assessment}/actions/return", {"reason": "请补充依据"}),
    "approve_review": post("/v1/reviews/{review_at_second_level}/actions/approve"),
    "approve_review@hr": post("/v1/reviews/{review_at_hr}/actions/approve"),
    "print_review": get("/v1/reviews/{review}/page"),
    "export_review_cycle": get("/v1/review-cycles/{review_cycle}/export"),
    "list_reminders": get("/v1/reminders"),
    "see_reminder": post("/v1/reminders/{reminder}/actions/see"),
    "list_raters": get("/v1/reviews/{review}/raters"),
    "nominate_rater": post("/v1/reviews/{review}/raters", {"person_id": "{mentor}", "relation": "partner"}),
    "approve_rater": post("/v1/reviews/{review}/raters/{nominated_rater}/actions/approve"),
    "decline_rater": post("/v1/reviews/{review}/raters/{nominated_rater}/actions/decline", {"reason": "没有往来"}),
    "answer_as_rater": send("PUT", "/v1/reviews/{review}/raters/{rater}/answer", {"scores": {"delivery": "4"}}),
    "decline_rater_invitation": post("/v1/rater-invitations/{rater}/actions/decline", {"reason": None}),
    "list_rater_invitations": get("/v1/rater-invitations"),
    "close_raters": post("/v1/reviews/{review}/raters/actions/close"),
    "get_rater_result": get("/v1/reviews/{review_at_closed}/raters/result"),
    "get_rater_result@unpublished": get("/v1/reviews/{review_at_calibration}/raters/result"),
    "list_calibration_groups": get("/v1/review-cycles/{round_at_calibration}/calibration"),
    "preview_ratings": post("/v1/review-cycles/{round_at_calibration}/calibration/preview", RATINGS),
    "set_ratings": send("PUT", "/v1/review-cycles/{round_at_calibration}/calibration/ratings", RATINGS),
    "set_ratings@hr": send("PUT", "/v1/review-cycles/{round_at_hr}/calibration/ratings", RATINGS_AT_HR),
    "lock_calibration_group": post(
        "/v1/review-cycles/{round_at_calibration}/calibration/lock", {"group_id": "{round_at_calibration}"}
    ),
    "unlock_calibration_group": post(
        "/v1/review-cycles/{locked_round}/calibration/unlock", {"group_id": "{locked_round}", "reason": "漏了一个评级"}
    ),
    "publish_calibration_group": post(
        "/v1/review-cycles/{locked_round}/calibration/publish", {"group_id": "{locked_round}"}
    ),
    "list_rating_changes": get("/v1/reviews/{review}/rating-changes"),
    "get_rater_statistics": get("/v1/review-cycles/{round_at_calibration}/rater-statistics"),
    "record_interview": post("/v1/reviews/{review_at_interview}/interview", INTERVIEW),
    "acknowledge_review": post("/v1/reviews/{review_at_acknowledgement}/actions/acknowledge"),
    "appeal_review": post("/v1/reviews/{review_at_acknowledgement}/actions/appeal", {"reason": "数据有误"}),
    "uphold_review": post("/v1/reviews/{review_at_appealed}/actions/uphold", {"reason": "核对无误"}),
    "change_review": post("/v1/reviews/{review_at_appealed}/actions/change", {"rating": "3.75", "reason": "申诉属实"}),
    "cancel_review": post("/v1/reviews/{review}/actions/cancel", {"reason": "已离职"}),
    "delegate_review": post(
        "/v1/reviews/{review_at_manager_assessment}/actions/delegate",
        {"to_person_id": "{stranger}", "reason": "主管休产假"},
    ),
    "list_action_items": get("/v1/action-items"),
    "get_action_item": get("/v1/action-items/{action_item}"),
    "update_action_item": send("PATCH", "/v1/action-items/{action_item}", {"state": "done"}),
    "list_improvement_plans": get("/v1/improvement-plans"),
    "get_improvement_plan": get("/v1/improvement-plans/{improvement_plan}"),
    "update_improvement_plan": send("PATCH", "/v1/improvement-plans/{improvement_plan}", {"support": "每周辅导"}),
    "give_feedback": post("/v1/feedback", FEEDBACK),
    "list_feedback": get("/v1/feedback"),
    "get_feedback": get("/v1/feedback/{feedback}"),
    "get_review_year": get("/v1/reviews/{yearly_review}/year"),
    "propose_decisions": post("/v1/review-cycles/{yearly_round}/decisions/propose", {}),
    "create_decision": post("/v1/decisions", PROMOTION),
    "list_decisions": get("/v1/decisions"),
    "get_decision": get("/v1/decisions/{decision}"),
    "get_decision@made": get("/v1/decisions/{made_decision}"),
    "update_decision": send("PATCH", "/v1/decisions/{decision}", {"value": "1.1", "reason": "带教新人"}),
    "approve_decision": post("/v1/decisions/{decision}/actions/approve"),
    "reject_decision": post("/v1/decisions/{decision}/actions/reject", {"reason": "编制已满"}),
}
