"""Faults, doubts, sides and reasons in words, for events, pages and papers."""

from marketplace.stocktakes.rules.challenges import Doubt, Fault, View

FAULTS: dict[Fault, str] = {
    Fault.TOO_SMALL: "The picture is too small: one megapixel is the least.",
    Fault.CARDS_MISSING: "Not all of the cards asked for can be read in the picture.",
    Fault.CARDS_MIXED: "The cards do not lie in the order asked for.",
    Fault.WRONG_SIDE: "The picture was taken from another side than asked for.",
    Fault.OTHER_GOODS: "The label that was scanned is not that of this lot.",
    Fault.OTHER_PLACE: "The phone was not at the site.",
    Fault.TOO_LATE: "The picture was taken after the time for it had passed.",
    Fault.TAKEN_BEFORE: "The picture was taken before the cards were named.",
    Fault.SEEN_BEFORE: "This very picture was sent before.",
}
DOUBTS: dict[Doubt, str] = {
    Doubt.SENT_LATE: "It was sent after the time for it had passed; only the phone says when it was taken.",
    Doubt.NO_PLACE: "The phone did not say where it was.",
    Doubt.FROM_FILE: "It came from a file and not from the live camera.",
    Doubt.NEW_PHONE: "The phone's key was less than a day old.",
    Doubt.CHAIN_BROKEN: "The phone's statements do not join: one may have been left out.",
    Doubt.LOOKS_LIKE_SCREEN: "Its finest grain looks like that of a screen.",
}
SIDES: dict[View, str] = {
    View.LEFT: "From the left",
    View.FRONT: "From the front",
    View.RIGHT: "From the right",
}
REASONS: dict[str, str] = {
    "ALARM": "an alarm is open",
    "UNWATCHED": "no sensor watches it",
    "LONG_UNSEEN": "not seen for ninety days",
}
