"""Where a purchase and a dispute about it stand, in words."""

from marketplace.disposal.rules.accepting import AcceptanceState, Decision, Ground

# State: word, tone, sign of its badge.
STATES = {
    AcceptanceState.TO_COLLECT: ("To be collected", "watch", "half"),
    AcceptanceState.TO_ACCEPT: ("To be accepted", "watch", "half"),
    AcceptanceState.ACCEPTED: ("Accepted", "ok", "check"),
    AcceptanceState.LAPSED: ("Accepted by silence", "ok", "check"),
    AcceptanceState.DISPUTED: ("Disputed", "danger", "diamond"),
    AcceptanceState.REJECTED: ("Dispute rejected", "ok", "check"),
    AcceptanceState.REDUCED: ("Price reduced", "ok", "check"),
    AcceptanceState.RESCINDED: ("Goods to come back", "watch", "half"),
    AcceptanceState.RETURNED: ("Undone", "neutral", "bar"),
    AcceptanceState.EMPTY: ("Undone", "neutral", "bar"),
}
GROUNDS = {
    Ground.QUANTITY: ("There is less than was sold", "By your own scale or count."),
    Ground.GRADE: ("It is worse than was sold", "Grade, quality or packing."),
    Ground.PASSPORT: ("It is not what the passport says", "Origin, history, storage or inspection."),
    Ground.NOT_DELIVERED: ("It was not given to me", "The warehouse did not hand the goods over."),
}
DECISIONS = {
    Decision.REJECT: ("Reject it", "The goods count as accepted; the proceeds are free."),
    Decision.REDUCE: ("Reduce the price", "The buyer keeps the goods and has part of the price back."),
    Decision.RESCIND: ("Undo the sale", "The goods come back under the pledge, the price goes back, and the goods may be put up again."),
}  # fmt: skip
