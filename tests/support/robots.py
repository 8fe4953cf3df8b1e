"""The robots of three vendors, as their documents say that they answer: signatures, limits and refusals.

DingTalk: 自定义机器人接入, 自定义机器人安全设置. Feishu: 自定义机器人使用指南. WeCom: 群机器人配置说明.
Each checks by code of its own, written after the document's example, not after Attain's.
"""

import base64
import hmac
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.receiving import Received, answer_json

HOUR = 3600.0
Clock = Callable[[], float]


@dataclass
class Robot(ABC):
    """What the vendors have in common: a token in the URL, a limit a minute, and a group that reads."""

    token: str
    secret: str | None = None
    clock: Clock = time.time
    limit: int = 20
    said: list[str] = field(default_factory=list)
    """What the group has read."""
    times: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0

    def __call__(self, request: Received) -> bytes:
        """Answer as the vendor does: HTTP 200, whatever it is."""
        code, words = self.judge(request)
        return answer_json({"errcode": code, "errmsg": words})

    @abstractmethod
    def judge(self, request: Received) -> tuple[int, str]:
        """The vendor's code, and what it says."""

    def exceeds(self, block: float) -> bool:
        """Count a message; beyond the limit of a minute all are refused for `block` seconds."""
        now = self.clock()
        if now < self.blocked_until:
            return True
        while self.times and self.times[0] <= now - 60:
            self.times.popleft()
        self.times.append(now)
        if len(self.times) > self.limit:
            self.blocked_until = now + block
        return now < self.blocked_until


class DingTalk(Robot):
    """`POST /robot/send?access_token=…&timestamp=…&sign=…`."""

    def judge(self, request: Received) -> tuple[int, str]:
        if request.method != "POST" or not request.headers["content-type"].startswith("application/json"):
            return 43004, "无效的HTTP HEADER Content-Type"
        if request.query.get("access_token") != self.token:
            return 300005, "token is not exist"
        if self.secret and not self._is_signed(request.query, self.secret):
            return 310000, "description:机器人发送签名不匹配"
        content = request.content
        if len(request.body) > 20_000 or content["msgtype"] != "markdown" or not content["markdown"]["title"]:
            return 400105, "unsupported msgtype"
        if self.exceeds(block=600):
            return 130101, "send too fast, exceed 20 times per minute"
        self.said.append(content["markdown"]["text"])
        return 0, "ok"

    def _is_signed(self, query: dict[str, str], secret: str) -> bool:
        timestamp = query.get("timestamp", "0")
        digest = hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), "sha256")
        # milliseconds
        in_time = abs(self.clock() * 1000 - int(timestamp)) <= HOUR * 1000
        return in_time and query.get("sign") == base64.b64encode(digest).decode()


@dataclass
class Feishu(Robot):
    """`POST /open-apis/bot/v2/hook/TOKEN`, signed in the body."""

    limit: int = 100

    def __call__(self, request: Received) -> bytes:
        """Answer as the vendor does, who calls the code by another name."""
        code, words = self.judge(request)
        return answer_json({"code": code, "msg": words, "data": {}}, status=200 if code != 9499 else 400)

    def judge(self, request: Received) -> tuple[int, str]:
        if request.target != f"/open-apis/bot/v2/hook/{self.token}":
            return 19001, "param invalid: incoming webhook access token invalid"
        content = request.content
        if self.secret and not self._is_signed(content, self.secret):
            return 19021, "sign match fail or timestamp is not within one hour from current time"
        if len(request.body) > 20 * 1024 or content["msg_type"] != "post":
            return 9499, "Bad Request"
        if self.exceeds(block=60):
            return 11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"
        post = content["content"]["post"]["zh_cn"]
        self.said.append("\n".join([post["title"], *("".join(map(_say, line)) for line in post["content"])]))
        return 0, "success"

    def _is_signed(self, content: dict[str, Any], secret: str) -> bool:
        timestamp = content.get("timestamp", "0")
        # the string to sign is the key, and what is signed is empty
        digest = hmac.digest(f"{timestamp}\n{secret}".encode(), b"", "sha256")
        in_time = abs(self.clock() - int(timestamp)) <= HOUR
        return in_time and content.get("sign") == base64.b64encode(digest).decode()


class WeCom(Robot):
    """`POST /cgi-bin/webhook/send?key=…`: the key is all."""

    def judge(self, request: Received) -> tuple[int, str]:
        if request.query.get("key") != self.token:
            return 93000, "invalid webhook url, hint: [1795000000_1]"
        content = request.content
        if content["msgtype"] != "markdown":
            return 40008, "invalid message type"
        text = content["markdown"]["content"]
        if len(text.encode()) > 4096:
            return 40058, "markdown.content exceed max length 4096"
        if self.exceeds(block=60):
            return 45009, "api freq out of limit"
        self.said.append(text)
        return 0, "ok"


def _say(part: dict[str, str]) -> str:
    return part["text"] if part["tag"] == "text" else f"{part['text']} {part['href']}"
