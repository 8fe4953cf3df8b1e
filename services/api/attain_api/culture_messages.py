"""Titles and details on check-ins and recognition in Chinese, for `messages`."""

TITLES_ZH: dict[str, str] = {
    "check-in-taken": "本期汇报已存在",
    "check-in-submitted": "汇报已提交",
    "check-in-is-draft": "汇报尚未提交",
    "award-not-allowed": "无权颁发奖项",
    "not-the-author": "不是本人给出的认可",
}
"""By code, of a whole problem."""

DETAILS_ZH: dict[str, str] = {
    "check-in-taken": "您已有本期的汇报；请修改原有的一份。",
    "check-in-submitted": "提交后的汇报不再改变。",
    "check-in-is-draft": "草稿只有本人可见，请先提交。",
    "not-a-period-start": "周从周一开始，月从一日开始",
    "one-on-one": "一对一沟通需写明对方，其他汇报不写",
    "own-one-on-one": "一对一沟通的对方应是他人",
    "award-not-allowed": "奖项由人力资源和高层颁发。",
    "not-the-author": "认可由给出的人修改或撤回，由人力资源删除。",
    "own-recognition": "认可应给他人",
    "only-of-award": "仅用于奖项",
    "no-such-value": "公司没有这项价值观",
}
"""By code, of a whole problem or of one field."""
