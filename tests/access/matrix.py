"""Who may do what: one row an operation, one column a caller; written from SEC-3 and api.md, not from the code.

`ok` is any 2xx. `@…` calls the operation on something else: whom or what, says `calls.py`. What is the caller's own,
or 林晓's, or 运营一部's, says `matrix_world.py`; where nothing else is said, it is 林晓's.
"""

from tests.access.culture_matrix import CULTURE_ROWS

CALLERS = {
    "ano": "anonymous",
    "slf": "subject",
    "per": "peer",
    "rep": "report",
    "str": "stranger",
    "mgr": "manager",
    "skp": "skip",
    "hea": "head",
    "men": "mentor",
    "exe": "executive",
    "hr": "hr",
    "adm": "admin",
    "ops": "ops",
    "plt": "platform",
    "con": "connector",
    "lft": "left",
    "rev": "revoked",
    "frn": "foreign",
}
"""The columns: 林晓, seven employees by what they are to her, roles, and those who should get nowhere."""

TABLE = """
                                   ano slf per rep str mgr skp hea men exe hr  adm ops plt con lft rev frn

# Health
get_livez                          ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok
get_readyz                         ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok
get_ops_status                     401 403 403 403 403 403 403 403 403 403 403 403 ok  403 403 401 401 403
get_ops_samples                    401 403 403 403 403 403 403 403 403 403 403 403 ok  403 403 401 401 403
get_metrics                        401 403 403 403 403 403 403 403 403 403 403 403 ok  403 403 401 401 403

# Sign-in (SEC-1): one's own, whatever the role
create_token                       ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok
create_token@left                  403 403 403 403 403 403 403 403 403 403 403 403 403 403 403 403 403 403
create_token@revoked               ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok
refresh_token                      ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok
logout                             ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok
get_me                             401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  401 401 ok
list_sessions                      401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 401 401 ok
revoke_session                     401 ok  404 404 404 404 404 404 404 404 404 404 404 404 403 401 401 404
revoke_other_sessions              401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 401 401 ok
sign_out_person                    401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
change_password                    401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 401 401 ok
create_password_reset              401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
create_password_reset@admin        401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
create_password_reset@platform     401 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401 401 404
complete_password_reset            ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok
create_invitation                  401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
create_invitation@admin            401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
start_oidc                         404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 404
finish_oidc                        404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 404 404
list_invitations                   401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 ok
revoke_invitation                  401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
accept_invitation                  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok

# Companies (ORG-0)
create_company                     401 403 403 403 403 403 403 403 403 403 403 403 403 ok  403 401 401 403
list_companies                     401 403 403 403 403 403 403 403 403 403 403 403 403 ok  403 401 401 403

# Departments (ORG-1)
create_department                  401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 ok
create_department@below            401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 422
list_departments                   401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_department_tree                401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_department                     401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
get_department@closed              401 404 404 404 404 404 404 404 404 ok  ok  ok  403 403 403 401 401 404
update_department                  401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
delete_department                  401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
move_department                    401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
merge_department                   401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
close_department                   401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
reopen_department                  401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
get_department_stats               401 403 403 403 403 403 403 ok  403 ok  ok  ok  403 403 403 401 401 404
list_department_stats              401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok

# Positions and successors (ORG-2, ORG-6)
create_position                    401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 ok
list_positions                     401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_position                       401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
update_position                    401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
delete_position                    401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
close_position                     401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
reopen_position                    401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
get_position_library               401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
apply_position_library             401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 ok
get_successors                     401 403 403 403 403 403 403 403 403 ok  ok  ok  403 403 403 401 401 404
put_successors                     401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404

# Blueprints (ORG-4)
list_blueprints                    401 403 403 403 403 403 403 403 403 ok  ok  ok  403 403 403 401 401 ok
apply_blueprint                    401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 ok

# People (ORG-3)
create_person                      401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 ok
create_person@there                401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 422
list_people                        401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_person                         401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
get_person@past                    401 ok  404 404 404 ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
get_person@left                    401 404 404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
get_person@accountless             401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
update_person                      401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
update_person@self                 401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
update_person@admin                401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
transfer_person                    401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
promote_person                     401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
change_manager                     401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
confirm_person                     401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
leave_person                       401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
rehire_person                      401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
import_people                      401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 ok
import_people@admin                401 403 403 403 403 403 403 403 403 403 422 ok  403 403 403 401 401 ok
import_people@executive            401 403 403 403 403 403 403 403 403 403 422 ok  403 403 403 401 401 ok
export_people                      401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
list_person_history                401 ok  403 403 403 ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
list_person_history@left           401 404 404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
correct_person_event               401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
withdraw_person_event              401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404

# Personal data (SEC-6)
export_personal_data               401 ok  403 403 403 403 403 403 403 403 ok  403 403 403 403 401 401 404
export_personal_data@left          401 404 404 404 404 403 403 403 404 403 ok  403 403 403 403 401 401 404
erase_person                       401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
erase_person@platform              401 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401 401 404

# Audit (SEC-5)
list_audit_entries                 401 403 403 403 403 403 403 403 403 ok  ok  ok  403 403 403 401 401 ok

# Shops, their owners and item sets (MET-1, MET-2, GOAL-12)
create_shop                        401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 ok
list_shops                         401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_shop                           401 ok  404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
get_shop@other                     401 404 404 404 404 404 404 404 404 ok  ok  ok  403 403 403 401 401 404
update_shop                        401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
get_shop_owners                    401 ok  404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
list_shop_owners                   401 ok  404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
put_shop_owners                    401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
create_item_set                    401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 422
list_item_sets                     401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_item_set                       401 ok  404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
update_item_set                    401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
delete_item_set                    401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404

# The event calendar (GOAL-7), set up as cycles and templates are
list_calendar_events               401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
create_calendar_event              401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 ok
get_calendar_event                 401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
update_calendar_event              401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
delete_calendar_event              401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404

# Webhooks: settings, and their log
create_webhook                     401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 ok
list_webhooks                      401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 403 401 401 ok
get_webhook                        401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 403 401 401 404
update_webhook                     401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
delete_webhook                     401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
rotate_webhook_secret              401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
send_test_to_webhook               401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
replay_webhook                     401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
list_deliveries                    401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 403 401 401 404
get_delivery                       401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 403 401 401 404
replay_delivery                    401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404

# Connectors and batches (ING-7)
create_connector                   401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 422
list_connectors                    401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 403 401 401 ok
get_connector                      401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 403 401 401 404
update_connector                   401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
rotate_connector_key               401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
revoke_connector                   401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
post_metric_batch                  401 403 403 403 403 403 403 403 403 403 403 ok  403 403 ok  401 401 ok
list_metric_batches                401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 ok  401 401 ok
get_metric_batch                   401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 ok  401 401 404
get_metric_batch@other             401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 404 401 401 404
list_metric_batch_rows             401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 ok  401 401 404
list_metric_batch_rows@other       401 403 403 403 403 403 403 403 403 ok  403 ok  403 403 404 401 401 404
replay_metric_batch                401 403 403 403 403 403 403 403 403 403 403 ok  403 403 ok  401 401 404
replay_metric_batch@other          401 403 403 403 403 403 403 403 403 403 403 ok  403 403 404 401 401 404
create_metric_import               401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 422
create_metric_import@dry           401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 422
list_metric_imports                401 403 403 403 403 403 403 403 403 ok  ok  ok  403 403 403 401 401 ok
get_metric_import                  401 403 403 403 403 403 403 403 403 ok  ok  ok  403 403 403 401 401 404

# Metrics (MET-3 to MET-7)
list_metrics                       401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 ok  401 401 ok
create_metric                      401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 ok
get_metric                         401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 ok  401 401 404
get_metric@shipped                 401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 ok  401 401 ok
list_metric_versions               401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 ok  401 401 404
update_metric                      401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
update_metric@shipped              401 403 403 403 403 403 403 403 403 403 403 403 403 403 403 401 401 403
list_metric_values                 401 ok  404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 ok  401 401 404
list_metric_values@other           401 404 404 404 404 404 404 404 404 ok  ok  ok  403 403 404 401 401 404
get_metric_total                   401 ok  404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 ok  401 401 404
get_metric_total@other             401 404 404 404 404 404 404 404 404 ok  ok  ok  403 403 404 401 401 404
list_observation_history           401 ok  404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 ok  401 401 404
list_observation_history@other     401 404 404 404 404 404 404 404 404 ok  ok  ok  403 403 404 401 401 404
list_metric_findings               401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 ok  401 401 ok
get_metric_finding                 401 ok  404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 ok  401 401 404
get_metric_finding@other           401 404 404 404 404 404 404 404 404 ok  ok  ok  403 403 404 401 401 404

# Cycles (GOAL-1)
post_cycle                         401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 ok
list_cycles                        401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_cycle                          401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
close_cycle                        401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
open_cycle                         401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
copy_cycle                         401 403 403 403 403 403 403 403 403 403 403 ok  403 403 403 401 401 404
get_cascade                        401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404

# Rounds of reviews (REV-1): made by HR and administrators; others see those with a review that they see; values (REV-3)
create_review_cycle                401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 422
list_review_cycles                 401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_review_cycle                   401 ok  404 404 404 ok  ok  ok  404 404 ok  ok  403 403 403 401 401 404
get_review_cycle@draft             401 404 404 404 404 404 404 404 404 404 ok  ok  403 403 403 401 401 404
update_review_cycle                401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
update_review_cycle@open           401 403 403 403 403 403 403 403 403 403 409 409 403 403 403 401 401 404
open_review_cycle                  401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
open_review_cycle@open             401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
close_review_cycle                 401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
close_review_cycle@busy            401 403 403 403 403 403 403 403 403 403 409 409 403 403 403 401 401 404
get_review_progress                401 ok  404 404 404 ok  ok  ok  404 404 ok  ok  403 403 403 401 401 404
create_value                       401 403 403 403 403 403 403 403 403 403 ok  403 403 403 403 401 401 403
list_values                        401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_value                          401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
update_value                       401 403 403 403 403 403 403 403 403 403 ok  403 403 403 403 401 401 403

# Reviews (REV-7, SEC-3): one's own, those below, those one has a part in; HR all; an administrator none but their own
list_reviews                       401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_review                         401 ok  404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
list_review_history                401 ok  404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
get_review_figures                 401 ok  404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
put_self_assessment                401 ok  404 404 404 403 403 403 404 404 403 404 403 403 403 401 401 404
put_manager_assessment             401 403 404 404 404 ok  403 403 404 404 403 404 403 403 403 401 401 404
put_second_level_assessment        401 403 404 404 404 403 ok  403 404 404 409 404 403 403 403 401 401 404
put_second_level_assessment@hr     401 403 404 404 404 403 409 403 404 404 ok  404 403 403 403 401 401 404
submit_review                      401 ok  404 404 404 409 403 403 404 404 403 404 403 403 403 401 401 404
submit_review@manager              401 409 404 404 404 ok  403 403 404 404 403 404 403 403 403 401 401 404
return_review                      401 403 404 404 404 ok  409 403 404 404 409 404 403 403 403 401 401 404
approve_review                     401 403 404 404 404 403 ok  403 404 404 409 404 403 403 403 401 401 404
approve_review@hr                  401 403 404 404 404 403 409 403 404 404 ok  404 403 403 403 401 401 404
print_review                       401 ok  404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
export_review_cycle                401 ok  404 404 404 ok  ok  ok  404 404 ok  ok  403 403 403 401 401 404
list_reminders                     401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
see_reminder                       401 ok  404 404 404 404 404 404 404 404 404 404 403 403 403 401 401 404
list_raters                        401 ok  404 404 404 ok  ok  403 404 404 ok  404 403 403 403 401 401 404
nominate_rater                     401 ok  404 404 404 ok  403 403 404 404 ok  404 403 403 403 401 401 404
approve_rater                      401 403 404 404 404 ok  403 403 404 404 ok  404 403 403 403 401 401 404
decline_rater                      401 403 404 404 404 ok  403 403 404 404 ok  404 403 403 403 401 401 404
answer_as_rater                    401 403 ok  404 404 403 403 403 404 404 403 404 403 403 403 401 401 404
decline_rater_invitation           401 404 ok  404 404 404 404 404 404 404 404 404 403 403 403 401 401 404
list_rater_invitations             401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
close_raters                       401 403 404 404 404 ok  403 403 404 404 ok  404 403 403 403 401 401 404
get_rater_result                   401 ok  404 404 404 ok  ok  403 404 404 ok  404 403 403 403 401 401 404
get_rater_result@unpublished       401 409 404 404 404 ok  ok  403 404 404 ok  404 403 403 403 401 401 404
record_interview                   401 403 404 404 404 ok  403 403 404 404 403 404 403 403 403 401 401 404
acknowledge_review                 401 ok  404 404 404 403 403 403 404 404 403 404 403 403 403 401 401 404
appeal_review                      401 ok  404 404 404 403 403 403 404 404 403 404 403 403 403 401 401 404
uphold_review                      401 403 404 404 404 403 403 403 404 404 ok  404 403 403 403 401 401 404
change_review                      401 403 404 404 404 403 403 403 404 404 ok  404 403 403 403 401 401 404
cancel_review                      401 403 404 404 404 403 403 403 404 404 ok  404 403 403 403 401 401 404
delegate_review                    401 403 404 404 404 403 403 403 404 404 ok  404 403 403 403 401 401 404
list_action_items                  401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_action_item                    401 ok  404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
update_action_item                 401 403 404 404 404 ok  403 403 404 404 ok  404 403 403 403 401 401 404
list_improvement_plans             401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_improvement_plan               401 ok  404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
update_improvement_plan            401 403 404 404 404 ok  403 403 404 404 ok  404 403 403 403 401 401 404
list_calibration_groups            401 403 404 404 404 403 403 ok  404 404 ok  403 403 403 403 401 401 404
preview_ratings                    401 403 404 404 404 403 403 ok  404 404 ok  403 403 403 403 401 401 404
set_ratings                        401 403 404 404 404 403 403 ok  404 404 ok  403 403 403 403 401 401 404
set_ratings@hr                     401 403 404 404 404 403 403 409 404 404 409 403 403 403 403 401 401 404
lock_calibration_group             401 403 404 404 404 403 403 403 404 404 ok  403 403 403 403 401 401 404
unlock_calibration_group           401 403 404 404 404 403 403 403 404 404 ok  403 403 403 403 401 401 404
publish_calibration_group          401 403 404 404 404 403 403 403 404 404 ok  403 403 403 403 401 401 404
list_rating_changes                401 ok  404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
get_rater_statistics               401 403 404 404 404 403 ok  ok  404 404 ok  403 403 403 403 401 401 404

# The year and its decisions (REV-12, SEC-4): those above see them, the person what is approved, HR decides
get_review_year                    401 ok  404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
propose_decisions                  401 403 403 403 403 403 403 403 403 403 ok  403 403 403 403 401 401 403
create_decision                    401 403 403 403 403 403 403 403 403 403 ok  403 403 403 403 401 401 403
list_decisions                     401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_decision                       401 404 404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
get_decision@made                  401 ok  404 404 404 ok  ok  ok  404 404 ok  404 403 403 403 401 401 404
update_decision                    401 403 403 403 403 403 403 403 403 403 ok  403 403 403 403 401 401 403
approve_decision                   401 403 403 403 403 403 403 403 403 404 ok  403 403 403 403 401 401 403
reject_decision                    401 403 403 403 403 403 403 403 403 404 ok  403 403 403 403 401 401 403

# Rubrics and KPI templates (GOAL-6, GOAL-9); giving one to 林晓, to her department, to one who left (GOAL-13)
create_rubric                      401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 ok
list_rubrics                       401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_default_rubric                 401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_rubric                         401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
get_rubric_version                 401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
update_rubric                      401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
create_kpi_template                401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 ok
list_kpi_templates                 401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
list_shipped_kpi_templates         401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_kpi_template                   401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
update_kpi_template                401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
delete_kpi_template                401 403 403 403 403 403 403 403 403 403 ok  ok  403 403 403 401 401 404
assign_kpi_template                401 403 403 403 403 ok  ok  ok  403 403 ok  ok  403 403 403 401 401 404
assign_kpi_template@department     401 ok  403 403 403 ok  ok  ok  403 403 ok  ok  403 403 403 401 401 404
assign_kpi_template@left           401 403 403 403 403 ok  ok  ok  403 403 ok  ok  403 403 403 401 401 404

# Goals (GOAL-3): of 林晓, of one without an account, of 运营一部, of the company
post_goal                          401 ok  403 403 403 ok  ok  ok  403 403 403 403 403 403 403 401 401 422
post_goal@accountless              401 403 403 403 403 ok  ok  ok  403 403 403 ok  403 403 403 401 401 422
post_goal@department               401 403 403 403 403 403 403 ok  403 ok  403 ok  403 403 403 401 401 422
post_goal@company                  401 403 403 403 403 403 403 403 403 ok  403 403 403 403 403 401 401 422
list_goals                         401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 ok
get_goal                           401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
get_goal@accountless               401 404 404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
get_goal@department                401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
get_goal@company                   401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
get_goal@draft                     401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
get_goal@accountless-draft         401 404 404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
get_goal@department-draft          401 404 404 404 404 404 404 ok  404 ok  ok  ok  403 403 403 401 401 404
get_goal@company-draft             401 404 404 404 404 404 404 404 404 ok  ok  404 403 403 403 401 401 404
patch_goal                         401 ok  404 404 404 409 409 409 403 403 403 404 403 403 403 401 401 404
patch_goal@accountless             401 404 404 404 404 ok  ok  ok  404 403 403 ok  403 403 403 401 401 404
patch_goal@department              401 404 404 404 404 404 404 ok  404 ok  403 ok  403 403 403 401 401 404
patch_goal@company                 401 404 404 404 404 404 404 404 404 ok  403 404 403 403 403 401 401 404
submit_goal                        401 ok  404 404 404 403 403 403 403 403 403 404 403 403 403 401 401 404
submit_goal@accountless            401 404 404 404 404 ok  ok  ok  404 403 403 ok  403 403 403 401 401 404
submit_goal@department             401 404 404 404 404 404 404 ok  404 ok  403 ok  403 403 403 401 401 404
submit_goal@company                401 404 404 404 404 404 404 404 404 ok  403 404 403 403 403 401 401 404
confirm_goal                       401 ok  404 404 404 403 403 403 403 403 403 404 403 403 403 401 401 404
confirm_goal@accountless           401 404 404 404 404 ok  ok  ok  404 403 403 ok  403 403 403 401 401 404
confirm_goal@department            401 404 404 404 404 404 404 ok  404 ok  403 ok  403 403 403 401 401 404
confirm_goal@company               401 404 404 404 404 404 404 404 404 ok  403 404 403 403 403 401 401 404
return_goal                        401 403 404 404 404 ok  ok  ok  403 403 403 404 403 403 403 401 401 404
adjust_goal                        401 403 404 404 404 ok  ok  ok  403 403 403 404 403 403 403 401 401 404
cancel_goal                        401 409 404 404 404 ok  ok  ok  403 403 403 404 403 403 403 401 401 404
close_goal                         401 403 404 404 404 ok  ok  ok  403 403 403 404 403 403 403 401 401 404
list_goal_history                  401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
list_goal_history@department       401 403 403 403 403 403 403 ok  403 ok  ok  ok  403 403 403 401 401 404
complete_milestone                 401 ok  404 404 404 ok  ok  ok  403 403 403 404 403 403 403 401 401 404
reopen_milestone                   401 ok  404 404 404 ok  ok  ok  403 403 403 404 403 403 403 401 401 404
create_entry                       401 ok  404 404 404 403 403 403 403 403 403 404 403 403 403 401 401 404
list_entries                       401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
accept_entry                       401 403 404 404 404 ok  ok  ok  403 403 403 404 403 403 403 401 401 404
reject_entry                       401 403 404 404 404 ok  ok  ok  403 403 403 404 403 403 403 401 401 404
put_goal_weights                   401 ok  403 403 403 ok  ok  ok  403 403 403 403 403 403 403 401 401 422
put_goal_weights@accountless       401 403 403 403 403 ok  ok  ok  403 403 403 ok  403 403 403 401 401 422
put_goal_weights@department        401 403 403 403 403 403 403 ok  403 ok  403 ok  403 403 403 401 401 422
put_goal_weights@company           401 403 403 403 403 403 403 403 403 ok  403 403 403 403 403 401 401 422
get_goal_attainment                401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
get_goal_attainment@accountless    401 404 404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
get_goal_attainment@department     401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
get_goal_attainment@company        401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
get_goal_attainment@company-draft  401 404 404 404 404 404 404 404 404 ok  ok  404 403 403 403 401 401 404
get_goal_attainment_history        401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
get_goal_attainment_history@department 401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404
explain_goal                       401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
explain_goal@department            401 403 403 403 403 403 403 ok  403 ok  ok  ok  403 403 403 401 401 404
list_explained_rows                401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
list_explained_rows@department     401 403 403 403 403 403 403 ok  403 ok  ok  ok  403 403 403 401 401 404
suppose_goal                       401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
suppose_goal@department            401 403 403 403 403 403 403 ok  403 ok  ok  ok  403 403 403 401 401 404
get_goal_gap                       401 ok  404 404 404 ok  ok  ok  403 ok  ok  404 403 403 403 401 401 404
get_goal_gap@department            401 403 403 403 403 403 403 ok  403 ok  ok  ok  403 403 403 401 401 404

# Scorecards (REV-2)
get_company_scorecard              401 403 403 403 403 403 403 403 403 ok  ok  403 403 403 403 401 401 404
get_department_scorecard           401 403 403 403 403 403 403 ok  403 ok  ok  ok  403 403 403 401 401 404
get_person_scorecard               401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
get_person_scorecard@accountless   401 404 404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
get_leaderboard                    401 ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  403 403 403 401 401 404

# Goal-set checks (GOAL-14) and splits (GOAL-11): for who sees the goals in full; a split needs the shops, too
check_company_goals                401 403 403 403 403 403 403 403 403 ok  ok  403 403 403 403 401 401 404
check_department_goals             401 403 403 403 403 403 403 ok  403 ok  ok  ok  403 403 403 401 401 404
check_person_goals                 401 ok  404 404 404 ok  ok  ok  ok  ok  ok  404 403 403 403 401 401 404
check_person_goals@accountless     401 404 404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
get_goal_split                     401 ok  404 404 404 ok  ok  ok  403 ok  ok  404 403 403 403 401 401 404
get_goal_split@accountless         401 404 404 404 404 ok  ok  ok  404 ok  ok  ok  403 403 403 401 401 404
get_goal_split@department          401 403 403 403 403 403 403 ok  403 ok  ok  ok  403 403 403 401 401 404
get_goal_split@company             401 403 403 403 403 403 403 403 403 ok  ok  403 403 403 403 401 401 404
"""
TABLE += CULTURE_ROWS


def read_table(table: str) -> dict[str, dict[str, str]]:
    """By row, the cell of each caller."""
    header, *lines = (line for line in table.splitlines() if line and not line.startswith("#"))
    callers = [CALLERS[column] for column in header.split()]
    return {name: dict(zip(callers, cells, strict=True)) for name, *cells in map(str.split, lines)}
