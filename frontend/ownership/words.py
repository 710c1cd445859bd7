"""What makes somebody an owner, and by which rule firms are related, in words."""

from tenants.ownership.rules import Relation, StakeKind

KINDS: dict[str, str] = {
    StakeKind.SHARES: "Shares",
    StakeKind.LEGAL_REPRESENTATIVE: "Legal representative",
    StakeKind.ACTUAL_CONTROLLER: "Actual controller",
    StakeKind.PARENT: "Parent company",
}
RULES: dict[str, str] = {
    Relation.CONTROL: "one controls the other",
    Relation.SAME_HEAD: "the same person heads both",
    Relation.COMMON_CONTROL: "somebody controls both",
    Relation.QUARTER: "one has a quarter of the other or more",
}
