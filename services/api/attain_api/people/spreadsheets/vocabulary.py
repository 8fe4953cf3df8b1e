"""What the columns of a spreadsheet of people are called, and the words in their cells, in both languages."""

from attain_api.messages import Language

LABELS: dict[str, dict[Language, str]] = {
    "name": {"zh-CN": "姓名", "en": "name"},
    "email": {"zh-CN": "邮箱", "en": "email"},
    "phone": {"zh-CN": "手机", "en": "phone"},
    "department": {"zh-CN": "部门", "en": "department"},
    "department_function": {"zh-CN": "部门职能", "en": "department_function"},
    "position": {"zh-CN": "岗位", "en": "position"},
    "manager_email": {"zh-CN": "上级邮箱", "en": "manager_email"},
    "mentor_email": {"zh-CN": "导师邮箱", "en": "mentor_email"},
    "employment_type": {"zh-CN": "用工类型", "en": "employment_type"},
    "status": {"zh-CN": "状态", "en": "status"},
    "hired_on": {"zh-CN": "入职日期", "en": "hired_on"},
    "probation_ends_on": {"zh-CN": "试用期至", "en": "probation_ends_on"},
    "confirmed_on": {"zh-CN": "转正日期", "en": "confirmed_on"},
    "left_on": {"zh-CN": "离职日期", "en": "left_on"},
    "leaving_reason": {"zh-CN": "离职原因", "en": "leaving_reason"},
    "roles": {"zh-CN": "角色", "en": "roles"},
}
"""The columns, as an export heads them."""

WORDS: dict[str, dict[str, str]] = {
    "employment_type": {"employee": "正式", "outsourced": "外包", "intern": "实习"},
    "status": {"upcoming": "待入职", "employed": "在职", "left": "离职"},
    "roles": {"admin": "管理员", "hr": "人事", "executive": "高管", "employee": "员工"},
    "department_function": {
        "operations": "运营",
        "design": "设计",
        "customer_service": "客服",
        "logistics": "物流",
        "product": "产品",
        "planning": "企划",
        "marketing": "推广",
        "crm": "会员",
        "data": "数据",
        "technology": "技术",
        "purchasing": "采购",
        "finance": "财务",
        "hr": "人力资源",
        "management": "管理层",
    },
}
"""The Chinese word for each code, by column."""

_MORE_HEADERS = {
    "员工姓名": "name",
    "电子邮箱": "email",
    "邮件": "email",
    "e-mail": "email",
    "mail": "email",
    "手机号": "phone",
    "手机号码": "phone",
    "电话": "phone",
    "mobile": "phone",
    "telephone": "phone",
    "所属部门": "department",
    "职能": "department_function",
    "职位": "position",
    "上级": "manager_email",
    "直属上级邮箱": "manager_email",
    "manager": "manager_email",
    "导师": "mentor_email",
    "mentor": "mentor_email",
    "用工形式": "employment_type",
    "入职日": "hired_on",
    "入职时间": "hired_on",
    "试用期结束日期": "probation_ends_on",
    "转正日": "confirmed_on",
    "离职日": "left_on",
    "系统角色": "roles",
}
_MORE_WORDS = {
    "employment_type": {
        "员工": "employee",
        "正式员工": "employee",
        "全职": "employee",
        "代运营": "outsourced",
        "外包员工": "outsourced",
        "实习生": "intern",
    },
    "roles": {"hr": "hr", "人力资源": "hr", "普通员工": "employee"},
    "department_function": {"人力": "hr", "人事": "hr", "管理": "management"},
}

OUTPUT_ONLY = frozenset({"status"})
"""Follows from the dates: written, never read."""
_HEADERS = {
    label.lower(): field for field, labels in LABELS.items() for label in labels.values() if field not in OUTPUT_ONLY
} | _MORE_HEADERS
_CODES = {
    field: {word: code for code, word in words.items()} | _MORE_WORDS.get(field, {}) for field, words in WORDS.items()
}


def field_of(header: str) -> str | None:
    """The field that a header names, in whatever language; a star for what is required does not matter."""
    return _HEADERS.get(header.strip().strip("*＊ ").lower().replace(" ", "_"))


def label_of(field: str, language: Language) -> str:
    """How an export heads a column."""
    return LABELS[field][language]


def code_of(field: str, word: str) -> str:
    """The code that a word in a cell stands for; what is no word of ours stays, for the schema to refuse."""
    return _CODES[field].get(word, word.lower())


def word_of(field: str, code: str, language: Language) -> str:
    """The word for a code."""
    return WORDS[field][code] if language == "zh-CN" else code
