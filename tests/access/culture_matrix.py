"""The rows of the matrix on feedback, check-ins, recognition and alerts (CULT-1, CULT-2, CULT-5)."""

CULTURE_ROWS = """
# Feedback (CULT-1): from anybody to anybody else; seen by both, those above, and HR
give_feedback                      401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 422
list_feedback                      401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_feedback                       401 ok  ok  404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404

# Check-ins (CULT-1): drafts are their writer's; reports are read by those above and HR, a 1:1 by the two who held it
create_check_in                    401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
create_check_in@one_on_one         401 ok  ok  ok  ok  422 ok  ok  ok  ok  ok  ok  403 403 403 401 401 422
create_check_in@goal               401 ok  422 422 422 422 422 422 422 422 422 422 403 403 403 401 401 422
list_check_ins                     401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
list_missing_check_ins             401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_check_in                       401 ok  404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
get_check_in@draft                 401 ok  404 404 404 404 404 404 404 404 404 404 403 403 403 401 401 404
get_check_in@one_on_one            401 ok  404 404 404 ok  404 404 404 404 404 404 403 403 403 401 401 404
update_check_in                    401 ok  404 404 404 404 404 404 404 404 404 404 403 403 403 401 401 404
update_check_in@submitted          401 409 404 404 404 403 403 403 404 404 403 404 403 403 403 401 401 404
delete_check_in                    401 ok  404 404 404 404 404 404 404 404 404 404 403 403 403 401 401 404
submit_check_in                    401 ok  404 404 404 404 404 404 404 404 404 404 403 403 403 401 401 404
list_check_in_comments             401 ok  404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
comment_on_check_in                401 ok  404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
comment_on_check_in@draft          401 409 404 404 404 404 404 404 404 404 404 404 403 403 403 401 401 404

# Recognition (CULT-2): praise from anybody, awards by HR and executives; seen by all; 吴桐's praise of 林晓
give_recognition                   401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 422
give_recognition@award             401 403 403 403 403 403 403 403 403 ok  ok  403 403 403 403 401 401 403
list_recognitions                  401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_recognition                    401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
update_recognition                 401 403 ok  403 403 403 403 403 403 403 403 403 403 403 403 401 401 404
withdraw_recognition               401 403 ok  403 403 403 403 403 403 403 403 403 403 403 403 401 401 404
remove_recognition                 401 403 403 403 403 403 403 403 403 403 ok  403 403 403 403 401 401 403

# Alerts (MET-8, CULT-5): whoever sees what they are about; without an owner theirs to take on. Rules: settings
list_alerts                        401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_alert                          401 ok  404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
get_alert@goal                     401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
get_alert@department               401 404 404 404 404 404 404 ok  404 ok  ok  ok  403 403 403 401 401 404
acknowledge_alert                  401 ok  404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
acknowledge_alert@goal             401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
create_alert_rule                  401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 ok
list_alert_rules                   401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 403 401 401 ok
get_alert_rule                     401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 403 401 401 404
update_alert_rule                  401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
delete_alert_rule                  401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404

# Events: each is told of what it sees
listen_to_events                   401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
"""
