"""What is done with undertakings: asked for, given (`giving`); goods let go against deposits (`delivering`); claimed and paid (`claiming`); kept while a loan
runs longer (`extending`)."""

from marketplace.guarantees.claiming import discharge, propose_claim, record_payment
from marketplace.guarantees.delivering import confirm_delivery, notify_delivery, take_deposit
from marketplace.guarantees.extending import ask_extension, propose_consent, refuse_extension
from marketplace.guarantees.giving import ask_guarantee, decline, propose_giving, withdraw

__all__ = [
    "ask_extension",
    "ask_guarantee",
    "confirm_delivery",
    "decline",
    "discharge",
    "notify_delivery",
    "propose_claim",
    "propose_consent",
    "propose_giving",
    "record_payment",
    "refuse_extension",
    "take_deposit",
    "withdraw",
]
