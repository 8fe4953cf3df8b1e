"""How much of what each caller sees: the second matrix, written from SEC-3 and SEC-4.

The callers are those of `matrix.py` who may read at all. `-` is 404; each word is a set of fields.
"""

TABLE = """
                                   slf per rep str mgr skp hea men exe hr  adm

# people: 林晓, her manager, one who left yesterday, one without an account
people/subject                     all dir dir dir all all all rec rec all all
people/manager                     dir dir dir dir all all all dir rec all all
people/left                        -   -   -   -   all all all -   rec all all
people/accountless                 dir dir dir dir all all all dir rec all all
people/stranger                    dir dir dir all dir dir dir dir rec all all

# departments: the one of 林晓, the one above it, and another one; closed ones are for those who read all
departments/department             dir dir dir dir dir dir all dir all all all
departments/parent_department      dir dir dir dir dir dir all dir all all all
departments/other_department       dir dir dir dir dir dir dir dir all all all
departments/closed_department      -   -   -   -   -   -   -   -   all all all

# goals: those confirmed of departments and the company have a public form; an administrator sees those without an account
goals/standing_of_subject          all -   -   -   all all all all all all -
goals/drafts_of_subject            all -   -   -   all all all all all all -
goals/standing_of_accountless      -   -   -   -   all all all -   all all all
goals/standing_of_department       pub pub pub pub pub pub all pub all all all
goals/drafts_of_department         -   -   -   -   -   -   all -   all all all
goals/submitted_of_department      -   -   -   -   -   -   all -   all all all
goals/standing_of_company          pub pub pub pub pub pub pub pub all all pub
goals/drafts_of_company            -   -   -   -   -   -   -   -   all all -

# shops: the one that 林晓 owns and is measured on, one that only her draft names, and one of nobody
shops/shop                         all -   -   -   all all all -   all all all
shops/drafted_shop                 -   -   -   -   -   -   -   -   all all all
shops/other_shop                   -   -   -   -   -   -   -   -   all all all
item-sets/item_set                 all -   -   -   all all all -   all all all

# check-ins of 林晓: a report, a draft, and her notes of a 1:1 with her manager
check-ins/check_in                 all -   -   -   all all all -   -   all -
check-ins/draft_check_in           all -   -   -   -   -   -   -   -   -   -
check-ins/one_on_one               all -   -   -   all -   -   -   -   -   -

# alerts: on 林晓's shop, on a goal of hers, and on the turnover of her department
alerts/alert                       all -   -   -   all all all -   all all all
alerts/alert_on_goal               all -   -   -   all all all all all all -
alerts/alert_on_department         -   -   -   -   -   -   all -   all all all

# what everybody reads
recognitions/recognition           all all all all all all all all all all all
positions/position                 all all all all all all all all all all all
cycles/standing                    all all all all all all all all all all all
cycles/closed_cycle                all all all all all all all all all all all
"""

CONTACTS = {"email", "phone", "leaving_reason"}
"""SEC-4: for HR, the person, the managers above and the administrator."""
HIDDEN: dict[str, dict[str, set[str]]] = {
    "people": {
        "all": set(),
        "rec": CONTACTS,
        "dir": CONTACTS
        | {"manager_id", "manager_name", "mentor_id", "employment_type", "hired_on", "probation_ends_on"}
        | {"confirmed_on", "left_on", "roles", "created_at"},
    },
    "departments": {"all": set(), "dir": {"headcount_plan"}},
    "goals": {
        "all": set(),
        "pub": {"parent_id", "why", "how", "collaborators", "milestones", "behaviours", "standards", "weight"}
        | {"rubric", "rubric_id", "rubric_version", "ignore_missing", "agreed_at", "template_id", "copied_from_id"}
        | {f"indicators/{name}" for name in ("shop_ids", "aggregate", "dimension", "item_set", "attribution")}
        | {f"indicators/{name}" for name in ("daily_curve", "department_id", "baseline", "cap")},
    },
}
"""By resource and word, the fields that are null and named in `masked`."""
SHOWN: dict[str, set[str]] = {
    "people": {"id", "name", "status", "department_id", "department_name", "position_id", "position_name"},
    "departments": {"id", "name", "function", "parent_id", "head_id", "duties", "created_at"}
    | {"closed_on", "merged_into_id"},
    "goals": {"id", "cycle_id", "owner", "title", "starts_on", "ends_on", "state", "created_at", "indicators"},
}
"""What is shown to whoever sees the resource at all: with the hidden ones and these, every field is accounted for."""
ALWAYS = {"masked", "allowed_actions"}

ABOVE = ("manager", "skip", "head")
WRITTEN = {"change", "submit", "cancel"}
"""What is offered with a draft to whoever submits it (GOAL-3)."""
LED = {"change", "return", "adjust", "cancel"}
"""And with what was submitted, to whoever is above the owner."""
AGREED = {"change", "cancel", "close"}
"""And with what was confirmed."""
ACTIONS: dict[str, dict[str, set[str]]] = {
    "goals/drafts_of_subject": {"subject": WRITTEN},
    "goals/drafts_of_accountless": dict.fromkeys((*ABOVE, "admin"), WRITTEN),
    "goals/drafts_of_department": dict.fromkeys(("head", "executive", "admin"), WRITTEN),
    "goals/drafts_of_company": {"executive": WRITTEN},
    "goals/submitted_of_subject": dict.fromkeys(ABOVE, LED) | {"subject": {"confirm"}},
    "goals/submitted_of_accountless": dict.fromkeys(ABOVE, LED | {"confirm"}) | {"admin": {"confirm"}},
    "goals/submitted_of_department": dict.fromkeys(("head", "executive"), LED | {"confirm"}) | {"admin": {"confirm"}},
    "goals/submitted_of_company": {"executive": LED | {"confirm"}},
    "goals/standing_of_subject": dict.fromkeys(ABOVE, AGREED),
}
"""By goal, what the answer offers to whom; nobody else is offered anything."""
