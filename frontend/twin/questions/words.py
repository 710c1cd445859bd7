"""What the twin can be asked, in the words in which it is understood: one example of each form, in the reader's language."""

from frontend.language import locale

# Each of these is understood (a test asks all of them); `{lot}` is a lot's number.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "en": (
        "Which lots lost more than 3% since Monday?",
        "Where was lot {lot} yesterday?",
        "How much of lot {lot} was there 3 days ago?",
        "What was lot {lot} worth yesterday?",
        "Which devices were silent last night?",
        "What is frozen and why?",
        "Which lots have humidity above 70%?",
        "Which lots had temperature above 30°C in the last 3 days?",
        "Which alarms were open yesterday at 14:30?",
        "What came in this week?",
        "What left in the last 30 days?",
        "Which loans are above 70%?",
        "Which lots have evidence worse than B?",
        "Which lots have not been inspected for 90 days?",
    ),
    "zh": (
        "周一以来哪些批次损失超过3%？",
        "批次{lot}昨天在哪里？",
        "批次{lot} 3天前有多少？",
        "批次{lot}昨天值多少？",
        "昨晚哪些设备失联？",
        "什么被冻结，为什么？",
        "哪些批次的湿度超过70%？",
        "最近3天哪些批次的温度超过30度？",
        "昨天14:30哪些告警未关闭？",
        "本周什么入库了？",
        "最近30天什么出库了？",
        "哪些贷款的质押率超过70%？",
        "哪些批次的证据低于B？",
        "哪些批次90天未查验？",
    ),
}


def examples(lot: str) -> list[str]:
    """The examples in the reader's language, about a lot that the reader sees."""
    return [one.format(lot=lot) for one in EXAMPLES[locale()]]
