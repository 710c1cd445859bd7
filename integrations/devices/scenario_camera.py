"""A camera in a scenario file: what stands in its view, and what befalls it.

    sees = "camera"
    cards = [1, 2, 3, 4]                  # a bag for each marker card
    faults = [{ kind = "taken", which = [3], since = 00:08:00 }, { kind = "somebody", spans = [[00:03:00, 00:03:20]] }]

Faults of the view (`rendered.KINDS`) hold within their `spans`, or from `since` until the end; all others are those of any device.
"""

from datetime import datetime

from integrations.devices.rendered import KINDS, Bay, Fault, faults_of
from integrations.devices.scenario_faults import Fields, When


def bay_of(fields: Fields, when: When, until: datetime) -> Bay:
    """The view of one camera. Refuses, as a value, a fault that befalls none."""
    bay = Bay(
        tuple(fields["cards"]), seed=int(fields.get("seed", 1)), noise=float(fields.get("noise", 2)), drift=float(fields.get("drift", 0.15))
    )  # fmt: skip
    return faults_of((_fault(one, when, until) for one in fields.get("faults", []) if one["kind"] in KINDS), bay)


def other_faults(fields: Fields) -> list[Fields]:
    """What befalls the device and not its view."""
    return [one for one in fields.get("faults", []) if one["kind"] not in KINDS]


def _fault(fields: Fields, when: When, until: datetime) -> Fault:
    spans = when.spans(fields["spans"]) if "spans" in fields else [(when(fields["since"]), until)]
    return Fault(fields["kind"], spans, tuple(fields.get("which", ())))
