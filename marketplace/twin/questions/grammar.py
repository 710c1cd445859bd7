"""What the twin can be asked, in English and Chinese: a small grammar and no guessing. Pure: a sentence and now in, a question out.

A sentence is understood when, without the time and the lot that it names, all of it is one of the forms below; anything else is refused plainly. So an answer is
never to another question than the one that was asked.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from marketplace.twin.questions.moments import Span, find_span, moment_now
from tenants.errors import Invalid

LONGEST = 200
USUAL = timedelta(days=7)


class Topic(StrEnum):
    """What a question is about."""

    LOST = "LOST"
    WHERE = "WHERE"
    HOW_MUCH = "HOW_MUCH"
    SILENT = "SILENT"
    FROZEN = "FROZEN"
    CLIMATE = "CLIMATE"
    ALARMS = "ALARMS"
    CAME = "CAME"
    LEFT = "LEFT"
    DEALS = "DEALS"
    EVIDENCE = "EVIDENCE"
    UNSEEN = "UNSEEN"
    WORTH = "WORTH"


# What is asked of a span, the last seven days where none is named; and what can be told of now alone.
OF_SPANS = frozenset({Topic.LOST, Topic.CAME, Topic.LEFT})
OF_NOW = frozenset({Topic.DEALS, Topic.UNSEEN})


@dataclass(frozen=True, slots=True)
class Question:
    """A sentence understood. `figure`: a share of one for losses and loans, in the metric's unit for a climate, days for what nobody looked at. `grade`: the
    evidence is worse than this. `number`: of the lot that was named, as typed.
    """

    topic: Topic
    span: Span
    number: str = ""
    metric: str = ""
    above: bool = True
    figure: Decimal | None = None
    grade: str = ""


# What a sentence may begin with without meaning anything by it.
_POLITE = re.compile(r"^(?:please |show me |tell me |list |请问|请|帮我|查一下|列出|告诉我)+")
_NUMBER = re.compile(
    r"(?:\b(?:lot|batch) (?:number |no\.? )?|批次(?:号)?\s?)(?P<number>(?=[a-z0-9/_.\-]*\d)[a-z0-9][a-z0-9/_.\-]{0,39})"
)
_FIGURE = r"(?P<figure>\d{1,6}(?:\.\d{1,4})?)"
_SHARE = rf"{_FIGURE} ?(?:%|percent|per cent)"
_MORE = r"(?:more than|over|above|at least)"
_MORE_ZH = r"(?:超过|超出|高于|大于|多于)"
_LESS_ZH = r"(?:低于|小于|少于)"
_METRIC = r"(?P<metric>humidity|temperature)"
_METRIC_ZH = r"(?P<metric>湿度|温度)"
_UNITS = r"(?: ?(?:%|°c|℃|°|degrees?(?: celsius)?|percent|度))?"
_GOODS = r"(?:lots|goods|batches)"
_GOODS_ZH = r"(?:哪些|什么)(?:批次|货物|货)"

_FORMS: tuple[tuple[Topic, str], ...] = (
    (Topic.LOST, rf"(?:which|what) {_GOODS} (?:have |has )?(?:lost|shrunk)(?: (?:by )?(?:{_MORE} )?{_SHARE}| weight| anything)?"),
    (Topic.LOST, rf"{_GOODS_ZH}(?:的数量|的重量)?(?:减少|损失|缺失|短少|少)了?(?:{_MORE_ZH}?{_SHARE})?"),
    (Topic.WHERE, r"where (?:is|was|are|were) <lot>"),
    (Topic.WHERE, r"<lot>(?:存放|放|位于)?在?(?:哪里|哪儿|何处|哪个库位|什么位置|什么地方)"),
    (Topic.HOW_MUCH, r"how much (?:of <lot> (?:is|was) (?:there|left)|(?:is|was) there of <lot>|(?:is|was) left of <lot>)"),
    (Topic.HOW_MUCH, r"<lot>(?:还)?(?:有|剩)(?:下)?多少(?:货)?"),
    (Topic.WORTH, r"(?:what (?:is|was) <lot> worth|how much (?:is|was) <lot> worth)"),
    (Topic.WORTH, r"<lot>(?:的)?(?:值多少(?:钱)?|价值(?:是)?多少|估值(?:是)?多少)"),
    (Topic.SILENT, r"(?:which|what) (?:devices|sensors) (?:are|were|have been|fell|went) (?:silent|offline|quiet)"),
    (Topic.SILENT, r"哪些(?:设备|传感器)(?:失联|静默|离线|掉线|没有数据|无数据)(?:过|了)?"),
    (Topic.FROZEN, rf"(?:what|which {_GOODS}) (?:is|was|are|were) frozen(?:,? and why)?"),
    (Topic.FROZEN, rf"(?:{_GOODS_ZH}|什么)被?冻结(?:了|着)?(?: ?, ?)?(?:为什么|原因(?:是什么)?)?"),
    (Topic.CLIMATE, rf"(?:which|what) {_GOODS} (?:have|had|have had) (?:a )?{_METRIC} (?P<way>{_MORE}|below|under|less than) {_FIGURE}{_UNITS}"),
    (Topic.CLIMATE, rf"(?:where|for which {_GOODS}) (?:is|was) (?:the )?{_METRIC} (?P<way>{_MORE}|below|under|less than) {_FIGURE}{_UNITS}"),
    (Topic.CLIMATE, rf"{_GOODS_ZH}的?{_METRIC_ZH}(?:曾)?(?P<way>{_MORE_ZH}|{_LESS_ZH})了?{_FIGURE}{_UNITS}"),
    (Topic.ALARMS, r"(?:(?:which|what) alarms (?:are|were) open|what (?:is|was) wrong)"),
    (Topic.ALARMS, r"(?:哪些|什么)(?:告警|报警)(?:还)?(?:未关闭|没有关闭|没关|开着|未处理)|(?:有)?(?:什么|哪些)异常"),
    (Topic.CAME, rf"(?:what|which {_GOODS}) (?:came in|arrived|were received|was received)"),
    (Topic.CAME, rf"(?:{_GOODS_ZH}|什么)(?:入库|到货|到库)了?"),
    (Topic.LEFT, rf"(?:what|which {_GOODS}) (?:left|went out|departed)"),
    (Topic.LEFT, rf"(?:{_GOODS_ZH}|什么)(?:出库|离库|离开|提走)了?"),
    (Topic.DEALS, rf"(?:which|what) (?:deals|loans) (?:are|have a loan-to-value|have a loan to value) {_MORE} {_SHARE}"),
    (Topic.DEALS, rf"(?:哪些|什么)(?:项目|贷款|融资)的?质押率{_MORE_ZH}{_SHARE}"),
    (Topic.EVIDENCE, rf"(?:which|what) {_GOODS} (?:have|had) (?:evidence|grades?) (?:worse than|below) (?:grade )?(?P<grade>[a-e])"),
    (Topic.EVIDENCE, rf"{_GOODS_ZH}的?证据(?:等级)?(?:低于|差于|不到)(?P<grade>[a-e])(?:级)?"),
    (Topic.UNSEEN, rf"(?:which|what) {_GOODS} (?:have not been|were not|has nobody) (?:inspected|counted|seen) (?:for|in) (?:more than )?(?P<figure>\d{{1,4}}) days"),
    (Topic.UNSEEN, rf"(?:{_GOODS_ZH}(?:已经?)?(?P<figure>\d{{1,4}})天(?:没有|未|没|无人)(?:查验|盘点|检查)(?:过|了)?)"),
)  # fmt: skip
_COMPILED = tuple((topic, re.compile(pattern)) for topic, pattern in _FORMS)
NOT_UNDERSTOOD = "This cannot be answered here. Ask one of the questions below in these words."
_METRICS = {"湿度": "humidity", "温度": "temperature"}
_BELOW = ("below", "under", "less than", "低于", "小于", "少于")


def understand(sentence: str, now: datetime) -> Question:
    """The question that a sentence asks. Refuses, at field `q`, what is empty, too long, or none of the forms, and a time that cannot be told of."""
    text = plain(sentence)
    if not text:
        raise Invalid("question_missing", "Ask something.", field="q")
    if len(text) > LONGEST:
        raise Invalid("text_too_long", "At most %(longest)s characters fit.", field="q", longest=LONGEST)
    without_days, kept_days = _hide_unseen(text)
    named = _NUMBER.search(without_days)
    number = named["number"] if named else ""
    rest = without_days[: named.start()] + "<lot>" + without_days[named.end() :] if named else without_days
    rest, span = find_span(rest, now)
    topic, found = _form(_shown_again(rest, kept_days))
    return _question(topic, found, span, number, now)


def plain(sentence: str) -> str:
    """A sentence without what says nothing: width and case of letters, runs of spaces, courtesies, signs at its end."""
    text = unicodedata.normalize("NFKC", sentence).lower().strip()
    text = " ".join(text.split()).rstrip(" ?!.。？！")
    text = re.sub(r"(?<=[一-鿿]) (?=[一-鿿<])|(?<=[一-鿿]) (?=\d)|(?<=[\d%]) (?=[一-鿿])", "", text)
    return _POLITE.sub("", text)


def _hide_unseen(text: str) -> tuple[str, str]:
    """`90天未盘点` and `not inspected for 90 days` are no times to answer for but what is asked: kept out of the way of the reader of times."""
    found = re.search(
        r"\d{1,4}天(?=没有|未|没|无人)|(?<=for )\d{1,4} days$|(?<=in )\d{1,4} days$|(?<=more than )\d{1,4} days$", text
    )
    return (text[: found.start()] + "<days>" + text[found.end() :], found[0]) if found else (text, "")


def _shown_again(text: str, days: str) -> str:
    return text.replace("<days>", days)


def _form(rest: str) -> tuple[Topic, re.Match[str]]:
    rest = re.sub(r"\s*([一-鿿]+)\s*", r"\1", rest).strip(" ,")
    for topic, pattern in _COMPILED:
        found = pattern.fullmatch(rest)
        if found:
            return topic, found
    raise Invalid("question_not_understood", NOT_UNDERSTOOD, field="q")


def _question(topic: Topic, found: re.Match[str], span: Span | None, number: str, now: datetime) -> Question:
    said = found.groupdict()
    if number and topic not in (Topic.WHERE, Topic.HOW_MUCH, Topic.WORTH):
        raise Invalid("question_not_understood", NOT_UNDERSTOOD, field="q")
    figure = Decimal(said["figure"]) if said.get("figure") else None
    if topic in (Topic.LOST, Topic.DEALS) and figure is not None:
        figure = figure.scaleb(-2)
    metric = said.get("metric") or ""
    return Question(
        topic,
        _asked_of(topic, span, now),
        number,
        _METRICS.get(metric, metric),
        said.get("way") not in _BELOW,
        figure,
        (said.get("grade") or "").upper(),
    )


def _asked_of(topic: Topic, span: Span | None, now: datetime) -> Span:
    """The time that is answered for: the one named; else now, or the last seven days of what happens in a span. Refuses another time than now where only now can be told."""
    if topic in OF_NOW and span is not None and not (span.is_moment and span.end == now):
        raise Invalid("only_now", "This can be told of now alone.", field="q")
    if span is None or (topic in OF_SPANS and span.start == span.end == now):
        return Span(now - USUAL, now, False) if topic in OF_SPANS else moment_now(now)
    return span
