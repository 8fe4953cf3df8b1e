"""Titles and details in the caller's language. Codes are what clients test; these are for people."""

from typing import Any, Literal

Language = Literal["en", "zh-CN"]

TITLES_ZH = {
    "action-not-allowed": "当前状态不允许此操作",
    "api-key-expired": "API 密钥已过期",
    "api-key-revoked": "API 密钥已吊销",
    "bad-cursor": "翻页游标无效",
    "bad-request": "无法读取请求",
    "company-required": "请指明公司",
    "conflict": "与已有数据冲突",
    "department-cycle": "部门不能成为自己的下级",
    "email-taken": "该邮箱已被使用",
    "idempotency-key-invalid": "幂等键无效",
    "idempotency-key-missing": "缺少幂等键",
    "idempotency-key-reused": "幂等键已用于其他请求",
    "internal-error": "内部错误",
    "invalid": "输入无效",
    "invalid-credentials": "账号或密码错误",
    "invalid-token": "令牌无效",
    "malformed-json": "JSON 格式错误",
    "manager-cycle": "汇报线不能成环",
    "method-not-allowed": "不支持该方法",
    "not-allowed": "没有权限",
    "not-found": "未找到",
    "precondition-required": "缺少 If-Match",
    "request-in-progress": "首个请求仍在处理",
    "roll-up-refused": "该指标不能这样汇总",
    "shop-taken": "店铺已存在",
    "stale": "数据已被修改",
    "too-large": "请求过大",
    "too-many-requests": "请求过多",
    "unauthenticated": "请先登录",
    "unavailable": "服务暂不可用",
}
"""By code; a code that is missing here keeps its English title."""

DETAILS_ZH = {
    "missing": "必填",
    "extra-forbidden": "没有这个字段",
    "string-type": "应为文本",
    "string-too-short": "至少 {min_length} 个字符",
    "string-too-long": "最多 {max_length} 个字符",
    "string-pattern-mismatch": "格式不符",
    "string-unicode": "含有无效字符",
    "control-character": "不允许控制字符",
    "email": "不是有效的邮箱地址",
    "int-type": "应为整数",
    "int-parsing": "应为整数",
    "bool-type": "应为 true 或 false",
    "decimal-format": '应为十进制数，例如 "12345.67"',
    "decimal-max-digits": "最多 {max_digits} 位数字",
    "date-format": "日期应写作 YYYY-MM-DD",
    "date-from-datetime-parsing": "日期不存在",
    "instant-format": "时间应为带时区的 RFC 3339 格式",
    "timezone-aware": "时间需要带时区",
    "uuid-parsing": "不是有效的 UUID",
    "uuid-type": "不是有效的 UUID",
    "literal-error": "应为 {expected}",
    "greater-than": "应大于 {gt}",
    "greater-than-equal": "不能小于 {ge}",
    "less-than": "应小于 {lt}",
    "less-than-equal": "不能大于 {le}",
    "list-type": "应为列表",
    "too-long": "最多 {max_length} 项",
    "too-short": "至少 {min_length} 项",
    "model-attributes-type": "应为 JSON 对象",
    "dict-type": "应为 JSON 对象",
    "unknown-department": "部门不存在",
    "unknown-person": "人员不存在",
    "unknown-position": "岗位不存在",
    "unknown-shop": "店铺不存在",
    "unknown-timezone": "时区不存在",
    "not-in-the-future": "应为将来的时间",
    "invalid": "输入无效，见 errors",
    "not-allowed": "您的角色不允许此操作。",
    "not-found": "不存在，或您无权查看。",
    "stale": "读取之后数据已被修改，请重新读取。",
    "invalid-credentials": "账号或密码错误。",
    "internal-error": "服务出错了，请凭请求编号联系管理员。",
    "unavailable": "依赖的服务暂不可用，请稍后重试。",
}
"""By code, of a whole problem or of one field; a code that is missing here keeps its English detail."""


def preferred(accept_language: str | None) -> Language:
    """The language to answer in: the better one of those asked for, English without a wish."""
    best: tuple[float, Language] = (0.0, "en")
    for wish in (accept_language or "").split(",")[:20]:
        tag, _, parameters = wish.strip().partition(";")
        weight = _weight(parameters)
        language: Language | None = (
            "zh-CN" if tag.lower().startswith("zh") else "en" if tag.lower().startswith("en") else None
        )
        if language is not None and weight > best[0]:
            best = (weight, language)
    return best[1]


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def title(code: str, english: str, language: Language) -> str:
    """The title of a problem."""
    return english if language == "en" else TITLES_ZH.get(code, english)


def detail(code: str, english: str, language: Language, context: dict[str, Any] | None = None) -> str:
    """The detail of a problem or of one of its fields."""
    if language == "en" or code not in DETAILS_ZH:
        return english
    try:
        return DETAILS_ZH[code].format(**(context or {}))
    except (KeyError, IndexError):
        return english
