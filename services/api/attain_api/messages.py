"""Titles and details in the caller's language. Codes are what clients test; these are for people."""

from typing import Any, Literal

Language = Literal["en", "zh-CN"]

TITLES_ZH = {
    "already-hired": "已有入职记录",
    "still-employed": "仍在职",
    "not-employed": "当日不在职",
    "erased": "个人数据已删除",
    "action-not-allowed": "当前状态不允许此操作",
    "api-key-expired": "API 密钥已过期",
    "api-key-revoked": "API 密钥已吊销",
    "bad-cursor": "翻页游标无效",
    "bad-request": "无法读取请求",
    "company-required": "请指明公司",
    "conflict": "与已有数据冲突",
    "cycle-closed": "周期已关闭",
    "cycle-taken": "该周期已存在",
    "department-cycle": "部门不能成为自己的下级",
    "email-taken": "该邮箱已被使用",
    "idempotency-key-invalid": "幂等键无效",
    "idempotency-key-missing": "缺少幂等键",
    "idempotency-key-reused": "幂等键已用于其他请求",
    "internal-error": "内部错误",
    "invalid": "输入无效",
    "invalid-credentials": "账号或密码错误",
    "invalid-token": "令牌无效",
    "lane-not-allowed": "密钥不能推送到该通道",
    "malformed-gzip": "gzip 数据无效",
    "malformed-json": "JSON 格式错误",
    "manager-cycle": "汇报线不能成环",
    "method-not-allowed": "不支持该方法",
    "not-a-draft": "目标不是草稿",
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
    "unsupported-encoding": "不支持该内容编码",
    "weights-do-not-add-up": "权重之和应为 100",
}
"""By code; a code that is missing here keeps its English title."""

DETAILS_ZH = {
    "already-hired": "此人已有入职记录。",
    "still-employed": "只有已离职的人员才能重新入职。",
    "not-employed": "此人当日不在职，或与其他记录冲突。",
    "erased": "此人的个人数据已删除，不能再修改。",
    "own-mentor": "本人不能是自己的导师",
    "not-of-this-event": "此类事件不含该字段",
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
    "date-out-of-range": "年份应在 {first} 至 {last} 之间",
    "window": "起始日不能晚于截止日，且跨度最多十年",
    "duplicate": "重复",
    "goal-cycle": "上级目标不能是目标自身或其下级",
    "incomplete": "未列全该负责人的目标",
    "invalid-dimension": "应为空、item:<编号>、channel:<代码> 或 terminal:<pc|wireless>",
    "invalid-number": "应为十进制字符串或 JSON 数字；没有值时请省略该行",
    "invalid-rubric": "评分标准的形式不符合要求",
    "invalid-shop": "应为 平台:店铺编号",
    "invalid-target": "目标值、基线、区间或上限不成立",
    "invalid-text": "不允许控制字符",
    "invalid-type": "类型不符",
    "invalid-value": "取值不符",
    "not-first-day": "不是该周期的第一天",
    "not-with-as-of": "查询过去的时刻时不能等待批次",
    "out-of-range": "日期超出允许的范围",
    "outside-bucket": "应为该时段内且不晚于允许日期的一天",
    "outside-cycle": "应在周期之内",
    "too-deep": "部门层级过多",
    "too-many-digits": "数字位数过多",
    "too-many-rows": "行数超过一个批次的上限",
    "too-many-values": "一次查询的数据过多，请缩小范围",
    "unknown-cycle": "周期不存在",
    "unknown-field": "没有这个字段",
    "unknown-goal": "目标不存在",
    "unknown-metric": "指标目录中没有这个指标",
    "unknown-owner": "负责人不存在",
    "window-not-enclosed": "上级目标的时间范围未包含该目标",
    "wrong-level": "目标应从公司到部门再到个人逐级分解",
    "action-not-allowed": "当前状态不允许此操作，请查看 allowed_actions。",
    "api-key-expired": "API 密钥已过期。",
    "api-key-revoked": "API 密钥已吊销。",
    "bad-cursor": "翻页游标不属于此列表，请去掉游标重新开始。",
    "bad-request": "无法读取请求。",
    "company-required": "该账号属于多家公司，请用 scope=company:<代码> 指明其一。",
    "conflict": "与已有数据冲突。",
    "cycle-closed": "该周期已关闭。",
    "cycle-taken": "同类型、同起始日的周期已存在。",
    "department-cycle": "新的上级部门是该部门自身或其下级。",
    "email-taken": "公司内已有人使用该邮箱。",
    "idempotency-key-invalid": "Idempotency-Key 应为 1 至 255 个可打印的 ASCII 字符。",
    "idempotency-key-missing": "推送需要 Idempotency-Key 请求头。",
    "idempotency-key-reused": "该 Idempotency-Key 已用于内容不同的请求。",
    "invalid-token": "令牌或密钥无效，请重新登录或更换密钥。",
    "lane-not-allowed": "该密钥不能推送到此通道。",
    "malformed-gzip": "gzip 数据应为一个完整的压缩流。",
    "malformed-json": "请求内容不是有效的 JSON。",
    "manager-cycle": "新的上级是本人或其下属。",
    "method-not-allowed": "此路径不支持该方法。",
    "not-a-draft": "只有草稿可以这样修改。",
    "precondition-required": "请在 If-Match 中带上读取时的 ETag，或 *。",
    "request-in-progress": "使用该 Idempotency-Key 的首个请求仍在处理。",
    "roll-up-refused": "该指标不能这样汇总。",
    "shop-taken": "该平台的这家店铺已存在。",
    "too-large": "请求内容超过允许的大小。",
    "unauthenticated": "请先登录：需要 Authorization: Bearer 请求头。",
    "unsupported-encoding": "只支持 gzip 编码。",
    "weights-do-not-add-up": "该负责人的目标权重之和应为 100。",
    "bool-parsing": "应为 true 或 false",
    "date-parsing": "日期不存在",
    "date-from-datetime-inexact": "应为日期，不带时间",
    "datetime-parsing": "时间不存在",
    "datetime-from-date-parsing": "时间不存在",
    "datetime-object-invalid": "时间不存在",
    "decimal-max-places": "最多 {decimal_places} 位小数",
    "decimal-parsing": '应为十进制数，例如 "12345.67"',
    "decimal-type": '应为十进制数，例如 "12345.67"',
    "decimal-whole-digits": "小数点前最多 {whole_digits} 位数字",
    "enum": "应为 {expected}",
    "finite-number": "应为有限的数字",
    "int-from-float": "应为整数",
    "int-parsing-size": "数字过大",
    "missing-sentinel-error": "取值不符",
    "none-required": "应为 null",
    "union-tag-invalid": "应为 {expected_tags}",
    "union-tag-not-found": "缺少 {discriminator}",
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
