"""Every reason for which a device's message is refused: a closed list, so that each has a counter and a sentence."""

from tenants.errors import Invalid, NotFound, Refused

SENTENCES = {
    "malformed": "The message is not well formed: %(field)s is missing or cannot be read.",
    "duplicate_key": "The message names the same field twice.",
    "oversized": "The message has %(bytes)s bytes; at most %(bytes_max)s are taken.",
    "too_deep": "The message is nested deeper than %(depth_max)s levels.",
    "too_many": "The message holds more than %(samples_max)s samples.",
    "empty": "The message holds no sample.",
    "not_finite": "A number in the message is not finite.",
    "out_of_range": "A number in the message is too large or too precise to be a measurement.",
    "wrong_unit": "%(metric)s cannot be given in %(unit)s.",
    "unsupported_type": "The content type %(content_type)s is not understood.",
    "unsupported_version": "This version of SenML is not understood.",
    "bad_signature": "The signature does not belong to this message and this device.",
    "wrong_device": "The message names another device than the one that sent it.",
    "wrong_signer": "The message does not name the gateway that signs for this device, or names one that does not.",
    "wrong_picture": "The picture is not the one that the statement was signed for.",
    "picture_broken": "This picture cannot be read.",
    "picture_too_large": "The picture has more pixels than are taken.",
    "no_camera": "Only a camera sends pictures.",
    "skewed": "The device's clock is wrong: the message tells of %(at)s, and it arrived at %(received_at)s.",
}
UNKNOWN_DEVICE = "No device of this name is enrolled."
CODES = frozenset(SENTENCES) | {"unknown_device"}


def refusal(code: str, *, field: str | None = None, **facts: object) -> Refused:
    """The refusal with this code. `field` names the place in the message and may fill the sentence."""
    if code == "unknown_device":
        return NotFound(code, UNKNOWN_DEVICE)
    refused = Invalid(code, SENTENCES[code], field=field, **facts)
    if field is not None:
        refused.facts["field"] = field
    return refused


def malformed(field: str) -> Refused:
    """The refusal of a message in which `field` is missing or has the wrong form."""
    return refusal("malformed", field=field)
