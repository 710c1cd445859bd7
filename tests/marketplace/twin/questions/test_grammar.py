"""What is understood, in both languages alike; and that nothing else is."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.business_days import SHANGHAI
from marketplace.twin.questions.grammar import LONGEST, USUAL, Topic, understand
from tenants.errors import Invalid

# A Wednesday, ten in the morning in Shanghai.
NOW = datetime(2026, 3, 4, 2, tzinfo=UTC)
TWINS = [
    ("Which lots lost more than 3 % since Monday?", "周一以来哪些批次损失超过3%？"),
    ("which goods lost anything this week", "本周哪些货物减少了"),
    ("Where was lot CU-2026/7 on 3 March?", "批次CU-2026/7 3月3日在哪里？"),
    ("where is lot CU-7 now", "批次CU-7现在在哪里"),
    ("How much of lot CU-7 was there 3 days ago?", "批次 CU-7 3天前有多少货"),
    ("what was lot CU-7 worth on 2026-03-01", "批次CU-7 2026-03-01值多少钱"),
    ("Which devices were silent last night?", "昨晚哪些设备失联？"),
    ("what is frozen and why", "什么被冻结，为什么"),
    ("which lots have humidity above 70%", "哪些批次的湿度超过70％"),
    ("which lots had temperature below 5.5 °C last week", "上周哪些批次的温度低于5.5度"),
    ("which alarms were open on 1 March at 14:30", "3月1日14:30哪些告警未关闭"),
    ("what came in during the last 3 days", "最近3天什么入库了"),
    ("what left since yesterday", "昨天以来什么出库了"),
    ("which loans are above 70 per cent", "哪些贷款的质押率超过70%"),
    ("which lots have evidence worse than B", "哪些批次的证据等级低于B"),
    ("which lots have not been inspected for 90 days", "哪些批次90天未查验"),
]


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=SHANGHAI)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(("english", "chinese"), TWINS, ids=[english for english, _ in TWINS])
def test_both_languages_ask_the_same(english: str, chinese: str) -> None:
    assert understand(english, NOW) == understand(chinese, NOW)


def test_a_question_holds_all_that_was_said() -> None:
    asked = understand("Please which lots had humidity above 70.5% in the last 12 hours", NOW)
    assert (asked.topic, asked.metric, asked.above, asked.figure) == (Topic.CLIMATE, "humidity", True, Decimal("70.5"))
    assert asked.span.start == NOW - timedelta(hours=12)
    assert understand("which lots lost more than 3% since Monday", NOW).figure == Decimal("0.03")
    assert understand("WHERE IS LOT cu-7", NOW).number == "cu-7"


@pytest.mark.parametrize(
    ("named", "start", "end"),
    [
        ("since Monday", local(2026, 3, 2), local(2026, 3, 4, 10)),
        ("since Thursday", local(2026, 2, 26), local(2026, 3, 4, 10)),
        ("last night", local(2026, 3, 3, 20), local(2026, 3, 4, 8)),
        ("yesterday", local(2026, 3, 3), local(2026, 3, 3, 23, 59, 59, 999999)),
        ("on 5 March", local(2025, 3, 5), local(2025, 3, 5, 23, 59, 59, 999999)),
        ("on 29 February", local(2024, 2, 29), local(2024, 2, 29, 23, 59, 59, 999999)),
        ("on March 1, 2026", local(2026, 3, 1), local(2026, 3, 1, 23, 59, 59, 999999)),
        ("today", local(2026, 3, 4), local(2026, 3, 4, 10)),
        ("at 14:30", local(2026, 3, 3, 14, 30), local(2026, 3, 3, 14, 30)),
        ("2 hours ago", local(2026, 3, 4, 8), local(2026, 3, 4, 8)),
        ("last week", local(2026, 2, 23), local(2026, 3, 2)),
    ],
)
def test_a_time_is_what_people_mean_by_it(named: str, start: datetime, end: datetime) -> None:
    span = understand(f"which devices were silent {named}", NOW).span
    assert (span.start, span.end) == (start, end)


def test_without_a_time_what_happens_is_of_seven_days_and_what_is_is_of_now() -> None:
    assert understand("what left", NOW).span.start == NOW - USUAL
    for words in ("what is frozen", "which devices are silent", "where is lot 7"):
        assert understand(words, NOW).span.start == NOW


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "question_missing"),
        ("?", "question_missing"),
        ("x" * (LONGEST + 1), "text_too_long"),
        ("what will copper cost tomorrow", "question_not_understood"),
        ("which lots lost more than 3% since Monday and yesterday", "question_not_understood"),
        ("which lots lost more than 3% since Monday or have humidity above 70%", "question_not_understood"),
        ("which devices were silent at lot 7", "question_not_understood"),
        ("where is lot", "question_not_understood"),
        ("where was lot 7 on 31 February", "date_wrong"),
        ("where was lot 7 on 2025-02-29", "date_wrong"),
        ("where was lot 7 yesterday at 25:00", "time_wrong"),
        ("what was frozen on 3 May 2027", "moment_ahead"),
        ("what was frozen on 3 May 1999", "moment_wrong"),
        ("what left in the last 999999 days", "days_out_of_range"),
        ("which loans are above 70% since Monday", "only_now"),
        ("'; drop table lot; --", "question_not_understood"),
    ],
)
def test_what_is_none_of_the_forms_is_refused_at_its_field(words: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        understand(words, NOW)
    assert (refused.value.code, refused.value.field) == (code, "q")


@given(st.text(max_size=120))
def test_any_text_is_understood_or_refused_and_never_a_fault(words: str) -> None:
    fields = set()
    try:
        fields.add(understand(words, NOW).topic in Topic)
    except Invalid as refused:
        fields.add(refused.field)
    assert fields in ({True}, {"q"})


pieces = st.sampled_from([word for pair in TWINS for one in pair for word in [*one.split(), one[:5], one[5:]]])


@given(st.lists(pieces, max_size=8))
def test_pieces_of_questions_never_answer_for_a_time_to_come(words: list[str]) -> None:
    try:
        span = understand(" ".join(words), NOW).span
    except Invalid:
        return
    assert span.start <= span.end <= NOW
