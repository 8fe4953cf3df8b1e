"""Robots of group chats: each vendor's own signature, form of a message, and way to say no.

As their documents have it: DingTalk 自定义机器人接入 and 自定义机器人安全设置 (open.dingtalk.com), Feishu 自定义机器人使用指南
(open.feishu.cn), WeCom 群机器人配置说明 (developer.work.weixin.qq.com, document 91770) and 全局错误码.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from attain_worker.delivery.message import Target
from attain_worker.delivery.wording import Note

DIGEST = 20
"""Messages that wait for the same robot and go as one."""

RATE_LIMITED, SIGNATURE_REFUSED, GONE, REFUSED = "rate-limited", "signature-refused", "robot-gone", "vendor-refused"
MALFORMED = "answer-malformed"
MISCONFIGURED_SECONDS = 3600.0
"""Until it makes sense to ask again a robot whose secret, keywords or list of addresses are wrong."""

Body = dict[str, Any]

# full-width forms: neither vendor knows how to escape what means something to him, a link or a mention
_PLAIN = str.maketrans("<>[]*_`#~|\\", "＜＞［］＊＿｀＃～｜＼")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a vendor says to a message: no error, or which."""

    error: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Robot:
    """How the robots of one vendor are spoken to."""

    write: Callable[[Target, Note, float], tuple[httpx.URL, Body]]
    """URL and body of a message, signed for this moment (Unix seconds)."""
    spacing: timedelta
    """Between two messages: so the limit of a minute holds wherever the minute begins, and whoever sends."""
    code_field: str
    codes: Mapping[int, str]
    pause: float
    """Seconds that it says nothing once its limit is passed."""

    def judge(self, answer: bytes) -> Verdict:
        """Read an answer's body: HTTP 200 alone says nothing."""
        try:
            code = json.loads(answer)[self.code_field]
        except (ValueError, TypeError, LookupError, RecursionError):
            return Verdict(MALFORMED)
        if type(code) is not int:
            return Verdict(MALFORMED)
        if code == 0:
            return Verdict()
        error = self.codes.get(code, REFUSED)
        return Verdict(error, {RATE_LIMITED: self.pause, SIGNATURE_REFUSED: MISCONFIGURED_SECONDS}.get(error))


def sign_dingtalk(secret: str, timestamp: int) -> str:
    """DingTalk's signature at a time in milliseconds: HMAC-SHA256 under the secret, base64."""
    return _base64(hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256))


def sign_feishu(secret: str, timestamp: int) -> str:
    """Feishu's signature at a time in seconds: time and secret are the key, and nothing is the message."""
    return _base64(hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256))


def _base64(digest: hmac.HMAC) -> str:
    return base64.b64encode(digest.digest()).decode()


def _write_dingtalk(target: Target, note: Note, now: float) -> tuple[httpx.URL, Body]:
    url = httpx.URL(target.url)
    if target.vendor_secret:
        timestamp = int(now * 1000)
        url = url.copy_merge_params({"timestamp": timestamp, "sign": sign_dingtalk(target.vendor_secret, timestamp)})
    # a list: lines of its Markdown run together otherwise
    text = cut(_markdown(note, bullet="- "), 18_000)  # 20,000 of the whole message
    return url, {"msgtype": "markdown", "markdown": {"title": _plain(note.title), "text": text}}


def _write_feishu(target: Target, note: Note, now: float) -> tuple[httpx.URL, Body]:
    # rich text: its parts are taken as they are, so nothing has to be escaped
    lines: list[list[Body]] = [[{"tag": "text", "text": line}] for line in note.lines]
    if note.link:
        lines.append([{"tag": "a", "text": note.link[0], "href": note.link[1]}])
    body: Body = {"msg_type": "post", "content": {"post": {"zh_cn": {"title": note.title, "content": lines}}}}
    if target.vendor_secret:
        timestamp = int(now)
        body |= {"timestamp": str(timestamp), "sign": sign_feishu(target.vendor_secret, timestamp)}
    return httpx.URL(target.url), body


def _write_wecom(target: Target, note: Note, _now: float) -> tuple[httpx.URL, Body]:
    # the key in the URL is all the secret there is
    return httpx.URL(target.url), {
        "msgtype": "markdown",
        "markdown": {"content": cut(_markdown(note, bullet="> "), 4096)},
    }


def _markdown(note: Note, *, bullet: str) -> str:
    lines = [f"### {_plain(note.title)}", *(f"{bullet}{_plain(line)}" for line in note.lines)]
    link = [f"[{note.link[0]}]({note.link[1]})"] if note.link else []
    # the link first: it is the text's end that may be cut off
    return "\n\n".join([lines[0], *link, "\n".join(lines[1:])])


def _plain(text: str) -> str:
    return text.translate(_PLAIN)


def cut(text: str, most_bytes: int) -> str:
    """A text of at most so many bytes, whole characters of it."""
    encoded = text.encode()
    if len(encoded) <= most_bytes:
        return text
    ellipsis = "…"
    return encoded[: most_bytes - len(ellipsis.encode())].decode(errors="ignore") + ellipsis


def write_body(body: Body) -> bytes:
    """As it is sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


ROBOTS: Mapping[str, Robot] = {
    "dingtalk": Robot(
        write=_write_dingtalk,
        spacing=timedelta(seconds=3.1),  # 20 a minute
        code_field="errcode",
        codes={
            130101: RATE_LIMITED,
            410100: RATE_LIMITED,
            310000: SIGNATURE_REFUSED,
            300001: GONE,
            300005: GONE,
            400013: GONE,
            400101: GONE,
            400102: GONE,
            400106: GONE,
        },
        pause=600.0,
    ),
    "feishu": Robot(
        write=_write_feishu,
        spacing=timedelta(seconds=1),  # 100 a minute and 5 a second
        code_field="code",
        codes={
            11232: RATE_LIMITED,
            99991400: RATE_LIMITED,
            19021: SIGNATURE_REFUSED,
            19022: SIGNATURE_REFUSED,
            19024: SIGNATURE_REFUSED,
            19001: GONE,
        },
        pause=60.0,
    ),
    "wecom": Robot(
        write=_write_wecom,
        spacing=timedelta(seconds=3.1),  # 20 a minute
        code_field="errcode",
        codes={45009: RATE_LIMITED, 45033: RATE_LIMITED, 93000: GONE, 93004: GONE, 93008: GONE},
        pause=60.0,
    ),
}
"""By channel."""

SPACING: Mapping[str, timedelta] = {channel: robot.spacing for channel, robot in ROBOTS.items()}
