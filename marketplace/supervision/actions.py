"""What may be done in supervision: devices (`enrolment`, `attaching`), their messages (`intake`), alarms (`alarming`,
`attending`), goods at the gate (`freezing`), work that
explains alarms (`expecting`). All that other rooms and the doors call is offered here.
"""

from marketplace.supervision.alarming import raise_alarm
from marketplace.supervision.attaching import attach_device, detach_device, propose_move, revoke_device
from marketplace.supervision.attending import (
    acknowledge_alarm,
    clear_alarm,
    close_alarm,
    comment_alarm,
    propose_shelving,
)
from marketplace.supervision.enrolment import enrol_device, record_calibration
from marketplace.supervision.expecting import announce_handling, propose_maintenance, set_climate
from marketplace.supervision.freezing import record_gate_exit
from marketplace.supervision.intake import take_batches
from marketplace.supervision.listening import note_refusals

__all__ = [
    "acknowledge_alarm",
    "announce_handling",
    "attach_device",
    "clear_alarm",
    "close_alarm",
    "comment_alarm",
    "detach_device",
    "enrol_device",
    "note_refusals",
    "propose_maintenance",
    "propose_move",
    "propose_shelving",
    "raise_alarm",
    "record_calibration",
    "record_gate_exit",
    "revoke_device",
    "set_climate",
    "take_batches",
]
