"""Titles and details on webhooks in Chinese, for `messages`."""

TITLES_ZH: dict[str, str] = {
    "webhooks-not-set-up": "未启用消息推送",
}
"""By code, of a whole problem."""

DETAILS_ZH: dict[str, str] = {
    "webhooks-not-set-up": "运维尚未设置 ATTAIN_DELIVERY_KEY，无法保管密钥。",
    "url-malformed": "网址无效",
    "url-scheme": "网址须以 https:// 开头",
    "url-credentials": "网址中不能含用户名和密码",
    "url-port": "端口须为 443",
    "url-host": "主机须为完整的公网域名",
    "url-vendor": "不是该渠道机器人的地址",
    "url-address": "不是公网地址",
    "secret-not-taken": "该渠道没有自己的密钥",
}
"""By code, of a whole problem or of one field."""
