"""Robots of DingTalk, Feishu and WeCom: servers on the loopback check as the vendors document it (CULT-5)."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from attain_shared.alerts.queries import AlertText
from attain_shared.alerts.schemas import AlertKind, Severity
from attain_shared.events.schemas import EventKind
from attain_shared.identifiers import new_id
from attain_shared.rules.review_flow import Step
from attain_worker.delivery.message import Message, Sent, Target
from attain_worker.delivery.robots import DIGEST, MISCONFIGURED_SECONDS, SPACING, cut, sign_dingtalk, sign_feishu
from attain_worker.delivery.sending import Sender
from attain_worker.delivery.wording import describe, word
from attain_worker.delivery.words import CHINESE, ENGLISH
from tests.support.receiving import Answer, answer, answer_json, receiver
from tests.support.robots import DingTalk, Feishu, Robot, WeCom

TOKEN, SECRET = "693a91f6-7aoc", "SEC000000000000000000000"
PATHS = {
    "dingtalk": f"/robot/send?access_token={TOKEN}",
    "feishu": f"/open-apis/bot/v2/hook/{TOKEN}",
    "wecom": f"/cgi-bin/webhook/send?key={TOKEN}",
}
VENDORS: dict[str, type[Robot]] = {"dingtalk": DingTalk, "feishu": Feishu, "wecom": WeCom}
ALERT = AlertText(
    kind=AlertKind.METRIC_DROP,
    severity=Severity.CRITICAL,
    details={"metric": "gmv", "day": "2026-11-22", "value": "6500", "median": "10000", "drop": "0.3500"},
    raised_at=datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC),
    cleared_at=None,
    rule_name="GMV 下跌",
    playbook="先看推广计划\n再看库存",
    shop_name="天猫[旗舰店](http://evil.example)<@all> *_`",
    connector_name=None,
    department_name=None,
    goal_title=None,
    owner_name="王小明",
)


def message(kind: str = "alert.raised", alert: AlertText | None = ALERT) -> Message:
    return Message(
        delivery_id=new_id(),
        event_id=new_id(),
        kind=kind,
        subject_id=new_id(),
        happened_at=datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC),
        data={"alert_id": str(new_id()), "kind": "metric_drop"} if alert else {"goal_id": str(new_id())},
        text_fields=describe(alert) if alert else None,
    )


def target(channel: str, url: str, secret: str | None = SECRET, language: str = "zh-CN") -> Target:
    return Target(
        webhook_id=new_id(),
        channel=channel,
        url=url + PATHS[channel],
        vendor_secret=None if channel == "wecom" else secret,
        signing_secrets=(),
        language=language,
    )


async def tell(
    channel: str, server: Answer, *messages: Message, secret: str | None = SECRET, language: str = "zh-CN"
) -> Sent:
    """Send to a robot that is at home on the loopback."""
    async with (
        receiver(server) as vendor,
        Sender(networks=(ip_network("127.0.0.0/8"),), public_url="https://attain.example.com/") as sender,
    ):
        return await sender.send_many(target(channel, vendor.url, secret, language), messages or [message()])


def robot(channel: str, secret: str | None = SECRET) -> Robot:
    return VENDORS[channel](TOKEN, None if channel == "wecom" else secret)


@pytest.mark.parametrize("channel", VENDORS)
async def test_a_robot_says_what_has_happened(channel: str) -> None:
    group = robot(channel)
    sent = await tell(channel, group)
    assert (sent.ok, sent.status, sent.error) == (True, 200, None)
    [text] = group.said
    for words in ("Attain 预警", "级别：严重", "类型：指标下跌", "规则：GMV 下跌", "指标：gmv", "低于中位数：35.0%"):
        assert words in text
    for words in ("处理办法：先看推广计划 再看库存", "时间：2026-11-23 09:02", "https://attain.example.com/console/"):
        assert words in text
    assert "王小明" not in text


@pytest.mark.parametrize("channel", VENDORS)
async def test_it_says_it_in_english_too(channel: str) -> None:
    group = robot(channel)
    assert (await tell(channel, group, message("alert.cleared"), language="en")).ok
    [text] = group.said
    for words in (
        "Attain: alert cleared",
        "Severity: critical",
        "Kind: drop of a metric",
        "Below the median by: 35.0%",
    ):
        assert words in text


@pytest.mark.parametrize("channel", ["dingtalk", "wecom"])
async def test_names_mean_nothing_to_a_vendors_markdown(channel: str) -> None:
    group = robot(channel)
    await tell(channel, group)
    [line] = [line for line in group.said[0].splitlines() if "店铺" in line]
    assert "天猫［旗舰店］(http://evil.example)＜@all＞ ＊＿｀" in line


@pytest.mark.parametrize("channel", VENDORS)
@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("review.step_changed", "有一份考核进入了新的步骤"),
        ("attainment.changed", "有一个目标的达成情况有变化"),
        ("webhook.test", "测试消息"),
    ],
)
async def test_of_people_it_says_nothing_but_that_there_is_news(channel: str, kind: str, title: str) -> None:
    group = robot(channel)
    assert (await tell(channel, group, message(kind, None))).ok
    assert title in group.said[0]


async def test_of_a_review_it_says_which_step_it_is_at() -> None:
    group = robot("wecom")
    news = replace(message("review.step_changed", None), data={"review_id": str(new_id()), "step": "calibration"})
    assert (await tell("wecom", group, news)).ok
    assert "步骤：绩效校准" in group.said[0]


def test_what_is_called_like_a_code_keeps_its_name() -> None:
    note = word([message(alert=ALERT._replace(shop_name="hr"))], language="zh-CN", public_url=None)
    assert "店铺：hr" in note.lines


def test_whatever_happens_has_its_words_in_both_languages() -> None:
    assert set(CHINESE.titles) == set(ENGLISH.titles) == set(EventKind)
    assert set(CHINESE.labels) == set(ENGLISH.labels)
    assert {*AlertKind, *Severity, *Step} == set(CHINESE.codes)
    assert set(AlertKind) <= set(ENGLISH.codes) <= set(CHINESE.codes)


@pytest.mark.parametrize("channel", VENDORS)
async def test_what_waits_for_a_robot_goes_as_one_message(channel: str) -> None:
    text = "很长的处理办法" * 100
    long = ALERT._replace(playbook=text, rule_name=text, shop_name=text)
    group = robot(channel)
    sent = await tell(channel, group, *(message(alert=long) for _ in range(DIGEST)))
    assert sent.ok
    [said] = group.said
    assert f"Attain：{DIGEST} 条消息" in said
    assert "https://attain.example.com/console/" in said


@pytest.mark.parametrize("channel", ["dingtalk", "feishu"])
async def test_a_wrong_secret_is_no_reason_to_ask_again_soon(channel: str) -> None:
    group = robot(channel)
    for secret in ("SEC111", None):
        sent = await tell(channel, group, secret=secret)
        assert (sent.ok, sent.status, sent.error) == (False, 200, "signature-refused")
        assert (sent.retry_after, sent.gone) == (MISCONFIGURED_SECONDS, False)
    assert group.said == []


@pytest.mark.parametrize("channel", ["dingtalk", "feishu"])
async def test_a_robot_without_a_secret_needs_none(channel: str) -> None:
    group = robot(channel, secret=None)
    assert (await tell(channel, group, secret=None)).ok


@pytest.mark.parametrize("channel", ["dingtalk", "feishu"])
async def test_a_signature_holds_for_an_hour_by_the_vendors_clock(channel: str) -> None:
    for hours, ok in ((0.99, True), (1.01, False), (-0.99, True), (-1.01, False)):
        group = robot(channel)
        group.clock = lambda hours=hours: time.time() + hours * 3600  # type: ignore[misc]
        assert (await tell(channel, group)).ok == ok


@pytest.mark.parametrize("channel", VENDORS)
async def test_a_robot_that_is_no_more_is_given_up(channel: str) -> None:
    group = VENDORS[channel]("another token")
    sent = await tell(channel, group)
    assert (sent.ok, sent.error, sent.gone) == (False, "robot-gone", True)


@pytest.mark.parametrize(("channel", "pause"), [("dingtalk", 600.0), ("feishu", 60.0), ("wecom", 60.0)])
async def test_beyond_its_limit_a_robot_is_left_alone(channel: str, pause: float) -> None:
    group = robot(channel)
    group.limit = 2
    sent = [await tell(channel, group) for _ in range(3)]
    assert [one.ok for one in sent] == [True, True, False]
    assert (sent[2].error, sent[2].retry_after, sent[2].gone) == ("rate-limited", pause, False)


@pytest.mark.parametrize("channel", VENDORS)
def test_who_keeps_the_distance_stays_within_the_limit_whenever_a_minute_begins(channel: str) -> None:
    sent = [SPACING[channel] * number for number in range(300)]
    limit, longest = VENDORS[channel](TOKEN).limit, timedelta(minutes=1)
    for start in sent:
        assert sum(start <= moment < start + longest for moment in sent) <= limit
    assert SPACING["feishu"] >= timedelta(seconds=0.2)


@pytest.mark.parametrize(
    ("reply", "status", "error"),
    [
        (answer_json({"errcode": -1, "errmsg": "系统繁忙", "code": -1}), 200, "vendor-refused"),
        (answer_json({"errcode": 40035, "code": 9499}, status=400), 400, "vendor-refused"),
        (answer_json({"errcode": "0", "code": "0"}), 200, "answer-malformed"),
        (answer_json({"errcode": False, "code": False}), 200, "answer-malformed"),
        (answer_json([0]), 200, "answer-malformed"),
        (answer_json({}), 200, "answer-malformed"),
        (answer(200, b"<html>"), 200, "answer-malformed"),
        (answer(200, b"[" * 16_000), 200, "answer-malformed"),
        (answer(204), 204, "answer-malformed"),
        (answer(502, b"<html>"), 502, "status"),
        (answer(302, Location="https://example.com/"), 302, "redirected"),
    ],
)
@pytest.mark.parametrize("channel", VENDORS)
async def test_only_the_vendors_own_word_is_success(channel: str, reply: bytes, status: int, error: str) -> None:
    sent = await tell(channel, lambda _: reply)
    assert (sent.ok, sent.status, sent.error, sent.gone) == (False, status, error, False)


@pytest.mark.parametrize("channel", VENDORS)
async def test_what_stands_before_the_vendor_may_ask_for_patience(channel: str) -> None:
    sent = await tell(channel, lambda _: answer(429, Retry_After="30"))
    assert (sent.error, sent.retry_after) == ("status", 30.0)


@pytest.mark.parametrize("channel", VENDORS)
async def test_a_robot_lives_at_its_vendors_or_in_the_house(channel: str) -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(0)
        return ["8.8.8.8"]

    async with Sender(resolve=resolve) as sender:
        sent = await sender.send(target(channel, "https://hooks.example.com"), message())
    assert sent.error == "address-refused"


def test_the_signatures_are_those_that_openssl_makes() -> None:
    """`printf '1577262236757\\nthis is secret' | openssl dgst -sha256 -hmac 'this is secret' -binary | base64`.

    And of Feishu's, the same of nothing, with `1599360473\\nthis is secret` as the key.
    """
    assert sign_dingtalk("this is secret", 1_577_262_236_757) == "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="
    assert sign_feishu("this is secret", 1_599_360_473) == "/eYKrXQBzTjUZJ3s6NX16VxGbTwmK7AEs8/FnvC1CSw="


@pytest.mark.parametrize("most", range(3, 24))
def test_a_text_is_cut_at_a_characters_border(most: int) -> None:
    text = "告警🚨alert告警"
    short = cut(text, most)
    assert len(short.encode()) <= most
    assert short == text or text.startswith(short.removesuffix("…"))
    assert cut(text, len(text.encode())) == text
