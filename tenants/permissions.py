"""Who may do what: ONE table, capability -> kinds of organisation and the letter it takes (domain model, section 8).

C create, A approve, E execute, R read, M administer. A member's jobs give the letters; the organisation's kinds give the rows. Whether the deal is
one's own is not asked here: row security answers that.
"""

from dataclasses import dataclass
from enum import StrEnum

from tenants.organisations import Kind


class Job(StrEnum):
    """What a member does in the firm."""

    OWNER = "owner"  # a small firm's one person: everything, but never both halves of a four-eyes act
    ADMINISTRATOR = "administrator"  # people, sessions, settings
    OPERATOR = "operator"  # makes
    APPROVER = "approver"  # checks
    AUDITOR = "auditor"  # reads


LETTERS: dict[Job, str] = {
    Job.OWNER: "CAERM",
    Job.ADMINISTRATOR: "RM",
    Job.OPERATOR: "CER",
    Job.APPROVER: "AER",
    Job.AUDITOR: "R",
}

_SME, _BANK, _CORE, _SUP, _WH = Kind.SME, Kind.BANK, Kind.CORE_ENTERPRISE, Kind.SUPERVISOR, Kind.WAREHOUSE_OPERATOR
_LOG, _BUY, _AUC, _PLAT = Kind.LOGISTICS, Kind.BUYER, Kind.AUCTIONEER, Kind.PLATFORM


@dataclass(frozen=True)
class Rule:
    """One row: the letter that the act takes and the kinds of organisation that may do it (none named: any)."""

    letter: str
    kinds: frozenset[Kind]


def _may(letter: str, *kinds: Kind) -> Rule:
    return Rule(letter, frozenset(kinds))


PERMISSIONS: dict[str, Rule] = {
    # organisation
    "admit_organisation": _may("M", _PLAT),
    "enter_stake": _may("C", _PLAT),
    "approve_stake": _may("A", _PLAT),
    "read_owners": _may("R", _PLAT),
    "object_to_stake": _may("C"),
    "drive_clock": _may("M", _PLAT),
    "administer_members": _may("M"),
    "manage_webhooks": _may("M"),
    "keep_witness": _may("M"),
    # what the platform charges
    "set_fee_plan": _may("C", _PLAT),
    "approve_fee_plan": _may("A", _PLAT),
    "confirm_fee_payment": _may("E", _PLAT),
    "credit_fee_invoice": _may("C", _PLAT),
    "approve_fee_credit": _may("A", _PLAT),
    "write_off_fee_invoice": _may("C", _PLAT),
    "approve_fee_write_off": _may("A", _PLAT),
    "read_fee_book": _may("R", _PLAT),
    "pay_fees": _may("C"),
    "agree_fee_collection": _may("M"),
    # goods
    "declare_lot": _may("C", _SME),
    "manage_products": _may("C", _SME, _WH),
    "manage_sites": _may("C", _WH),
    "receive_lot": _may("C", _WH),
    "inspect_lot": _may("C", _SUP),
    "approve_inspection": _may("A", _SUP),
    "convert_lot": _may("C", _SME),
    "approve_conversion": _may("A", _BANK),
    "carry_out_conversion": _may("A", _WH),
    "issue_receipt": _may("C", _WH),
    "approve_receipt": _may("A", _WH),
    "control_receipt": _may("C"),
    "approve_receipt_request": _may("A", _BANK),
    "add_document": _may("C"),
    "keep_trades": _may("C", _SME, _CORE),
    "freeze_lot": _may("C", _BANK, _PLAT, _SUP, _WH),
    "approve_unfreeze": _may("A", _BANK, _PLAT, _SUP),
    "report_loss": _may("C", _SUP),
    "report_shortage": _may("C", _SUP, _WH),
    "approve_shortage": _may("A", _SUP),
    "object_to_shortage": _may("C"),
    # supervision
    "enrol_device": _may("C", _SUP, _WH),
    "approve_device_move": _may("A", _SUP, _WH),
    "set_alarm_rules": _may("C", _SUP),
    "approve_alarm_rules": _may("A", _SUP),
    "record_gate_exit": _may("E", _WH, _SUP),
    "acknowledge_alarm": _may("E", _SUP, _WH),
    "close_alarm": _may("C", _SUP),
    "see_original": _may("E", _SUP, _WH, _BANK),
    "comment_alarm": _may("C", _SUP, _WH, _BANK, _SME),
    "contest_alarm": _may("C", _SME),
    "shelve_alarm": _may("C", _SUP),
    "approve_shelving": _may("A", _SUP),
    "plan_duty": _may("C", _SUP),
    "stand_duty": _may("E", _SUP),
    "order_stocktake": _may("C", _SUP, _BANK),
    "answer_challenge": _may("E", _WH, _SME, _SUP),
    # finance
    "import_prices": _may("C", _BANK, _PLAT),
    "approve_prices": _may("A", _BANK, _PLAT),
    "request_financing": _may("C", _SME),
    "accept_offer": _may("C", _SME),
    "withdraw_request": _may("C", _SME),
    "offer_financing": _may("C", _BANK),
    "propose_approval": _may("C", _BANK),
    "approve_deal": _may("A", _BANK),
    "confirm_control": _may("C", _SUP),
    "accept_control": _may("A", _BANK),
    "request_drawdown": _may("C", _SME),
    "approve_drawdown": _may("A", _BANK),
    "confirm_payment": _may("E", _BANK),
    "record_repayment": _may("C", _BANK),
    "call_margin": _may("C", _BANK),
    "answer_margin_call": _may("C", _SME),
    "declare_default": _may("C", _BANK),
    "approve_default": _may("A", _BANK),
    "object_to_default": _may("C", _SME, _CORE),
    "revalue": _may("C", _BANK),
    "run_end_of_day": _may("E", _BANK),
    "sign_base": _may("C", _SME),
    "confirm_base": _may("C", _SUP),
    # the core enterprise behind a deal
    "ask_guarantee": _may("C", _BANK),
    "give_guarantee": _may("C", _CORE),
    "approve_guarantee": _may("A", _CORE),
    "claim_guarantee": _may("C", _BANK),
    "approve_claim": _may("A", _BANK),
    # goods leaving
    "request_release": _may("C", _SME),
    "order_release": _may("C", _BANK),
    "approve_release": _may("A", _BANK),
    "execute_release": _may("E", _WH, _SUP),
    "plan_shipment": _may("C", _SME, _BANK, _BUY, _WH),
    "move_shipment": _may("E", _LOG, _WH),
    "plan_route": _may("C", _LOG, _SUP),
    "accept_route": _may("A", _SUP),
    "confirm_delivery": _may("E", _LOG, _WH, _BUY, _SME),
    # disposal
    "prepare_disposal": _may("C", _BANK, _AUC),
    "approve_disposal": _may("A", _BANK, _AUC),
    "register_bidder": _may("C", _BUY, _CORE),
    "confirm_deposit": _may("E", _BANK, _AUC),
    "place_bid": _may("C", _BUY, _CORE),
    "settle_sale": _may("E", _BANK, _AUC),
    "accept_goods": _may("C", _BUY, _CORE),
    "read_signals": _may("R", _BANK, _AUC),
    "propose_waterfall": _may("C", _BANK),
    "approve_waterfall": _may("A", _BANK),
    "answer_appropriation": _may("C", _SME),
    "agree_appropriation": _may("A", _SME),
    "answer_floor": _may("C", _SME),
    "agree_floor": _may("A", _SME),
    "mediate_dispute": _may("C", _PLAT),
    "halt_sale": _may("C", _PLAT),
    "approve_halt": _may("A", _PLAT),
    "set_sale_guard": _may("C", _PLAT),
    "approve_sale_guard": _may("A", _PLAT),
    "hand_over": _may("E", _WH, _BANK),
    "save_search": _may("C"),
    "show_passport": _may("C", _SME),
    "offer_stock": _may("C", _SME),
    "show_interest": _may("C", _BANK),
    # the record
    "read": _may("R"),
    "export_record": _may("R"),
    # A firm's whole archive to leave with. Not the platform's: it does not leave itself, and what it holds of others is theirs (it has its backup).
    "take_archive": _may("M", *(set(Kind) - {_PLAT})),
    "approve_archive": _may("A", *(set(Kind) - {_PLAT})),
}

# Acts that one person may never do alone: maker and checker differ, in the database too.
FOUR_EYES: dict[str, tuple[str, str]] = {
    "approve_inspection": ("inspect_lot", "approve_inspection"),
    "approve_mending": ("inspect_lot", "approve_inspection"),
    "approve_assay": ("inspect_lot", "approve_inspection"),
    "approve_deal": ("propose_approval", "approve_deal"),
    "approve_deal_stage": ("approve_deal", "approve_deal"),  # who decided a stage puts the deal before the next
    "approve_ladder": ("propose_approval", "approve_deal"),
    "approve_drawdown": ("confirm_payment", "approve_drawdown"),
    "approve_default": ("declare_default", "approve_default"),
    "approve_default_answer": ("declare_default", "approve_default"),
    "approve_release": ("order_release", "approve_release"),
    "approve_disposal": ("prepare_disposal", "approve_disposal"),
    "approve_second_chance": ("prepare_disposal", "approve_disposal"),
    "approve_bargain": ("prepare_disposal", "approve_disposal"),
    "decide_dispute": ("settle_sale", "approve_disposal"),
    "approve_calling_off": ("prepare_disposal", "approve_disposal"),
    "approve_halt": ("halt_sale", "approve_halt"),
    "approve_resumption": ("halt_sale", "approve_halt"),
    "approve_sale_guard": ("set_sale_guard", "approve_sale_guard"),
    "approve_stake": ("enter_stake", "approve_stake"),
    "approve_stake_end": ("enter_stake", "approve_stake"),
    "approve_fee_plan": ("set_fee_plan", "approve_fee_plan"),
    "approve_fee_credit": ("credit_fee_invoice", "approve_fee_credit"),
    "approve_fee_write_off": ("write_off_fee_invoice", "approve_fee_write_off"),
    "approve_waterfall": ("propose_waterfall", "approve_waterfall"),
    "approve_appropriation": ("propose_waterfall", "approve_waterfall"),
    "agree_appropriation": ("answer_appropriation", "agree_appropriation"),
    "agree_floor": ("answer_floor", "agree_floor"),
    "approve_shelving": ("shelve_alarm", "approve_shelving"),
    "approve_maintenance": ("shelve_alarm", "approve_shelving"),
    "approve_alarm_rule": ("set_alarm_rules", "approve_alarm_rules"),
    "move_device": ("enrol_device", "approve_device_move"),
    "rotate_device_key": ("enrol_device", "approve_device_move"),
    "accept_control": ("propose_approval", "accept_control"),
    "approve_agreement": ("propose_approval", "accept_control"),
    "approve_policy": ("revalue", "approve_deal"),
    "approve_prices": ("import_prices", "approve_prices"),
    "approve_base_terms": ("revalue", "approve_deal"),
    "approve_second_rank": ("propose_approval", "approve_deal"),
    "approve_extension": ("call_margin", "approve_default"),
    "approve_objection_answer": ("call_margin", "approve_default"),
    "approve_assignment": ("record_repayment", "approve_default"),
    "approve_class": ("call_margin", "approve_default"),
    "approve_loan_extension": ("call_margin", "approve_default"),
    "approve_reversal": ("record_repayment", "approve_default"),
    "approve_misuse": ("call_margin", "approve_default"),
    "approve_misuse_end": ("call_margin", "approve_default"),
    "approve_write_off": ("declare_default", "approve_default"),
    "approve_guarantee": ("give_guarantee", "approve_guarantee"),
    "approve_extension_consent": ("give_guarantee", "approve_guarantee"),
    "approve_claim": ("claim_guarantee", "approve_claim"),
    "approve_unfreeze": ("freeze_lot", "approve_unfreeze"),
    "confirm_shortage": ("report_shortage", "approve_shortage"),
    "lift_shortage": ("report_shortage", "approve_shortage"),
    "share_found_goods": ("report_shortage", "approve_shortage"),
    "answer_share_objection": ("report_shortage", "approve_shortage"),
    "approve_conversion": ("propose_approval", "approve_conversion"),
    "approve_receipt": ("issue_receipt", "approve_receipt"),
    "approve_receipt_request": ("propose_approval", "approve_receipt_request"),
    "approve_archive": ("take_archive", "approve_archive"),
}


def allowed(capability: str, *, kinds: frozenset[str], jobs: frozenset[str], scopes: frozenset[str] | None) -> bool:
    """Whether a member with these jobs, in an organisation of these kinds, through a token of these scopes, may do it."""
    rule = PERMISSIONS[capability]
    letters = "".join(LETTERS[Job(job)] for job in jobs)
    of_kind = not rule.kinds or bool(rule.kinds & kinds)
    in_scope = scopes is None or capability in scopes or (rule.letter == "R" and "read" in scopes)
    return of_kind and rule.letter in letters and in_scope
