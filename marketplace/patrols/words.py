"""Faults, doubts and states of patrols in words, for events, pages and answers."""

from marketplace.patrols.rules.scans import Doubt, Fault

LATE_SAYS = (
    "Patrol %(number)s at %(site)s: %(late)s of %(checkpoints)s checkpoints were seen after its time (%(names)s)."
)
MISSED_SAYS = (
    "Patrol %(number)s at %(site)s: %(missing)s of %(checkpoints)s checkpoints were not seen in time (%(names)s)."
)
FAULTS: dict[Fault, str] = {
    Fault.OTHER_LABEL: "The label that was scanned is none of this route.",
    Fault.OTHER_PLACE: "The phone was not at the site.",
    Fault.TAKEN_BEFORE: "It was scanned before the round was called.",
    Fault.TAKEN_AHEAD: "The phone's clock is ahead of the house's.",
}
DOUBTS: dict[Doubt, str] = {
    Doubt.SENT_LATE: "It was sent after the time for it had passed; only the phone says when it was taken.",
    Doubt.NO_PLACE: "The phone did not say where it was.",
    Doubt.NEW_PHONE: "The phone's key was less than a day old.",
    Doubt.CHAIN_BROKEN: "The phone's statements do not join: one may have been left out.",
    Doubt.TOO_FAST: "Nobody walks so fast from the checkpoint before.",
    Doubt.OFF_DUTY: "The officer was not on duty.",
}
