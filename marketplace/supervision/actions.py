"""What may be done in supervision, offered here to other rooms and the doors. Its rooms: `devices` (enrolment, attaching), `readings` (taking messages
in, writing, charts), `watching` (folding them into the alarm rules), `alarms` (raising, attending, freezing, work that explains them).
"""

from marketplace.supervision.alarms.attending import (
    acknowledge_alarm,
    acknowledge_incident,
    assign_alarm,
    clear_alarm,
    close_alarm,
    comment_alarm,
    propose_shelving,
    report_look,
)
from marketplace.supervision.alarms.contesting import answer_contest, contest_alarm
from marketplace.supervision.alarms.expecting import announce_handling, propose_maintenance, set_climate
from marketplace.supervision.alarms.freezing import record_gate_exit
from marketplace.supervision.alarms.raising import raise_alarm
from marketplace.supervision.alarms.ruling import propose_rule
from marketplace.supervision.devices.attaching import (
    accept_route,
    attach_device,
    detach_device,
    propose_move,
    revoke_device,
)
from marketplace.supervision.devices.enrolment import (
    Described,
    claim_device,
    enrol_device,
    expect_firmware,
    record_calibration,
)
from marketplace.supervision.devices.keys import propose_key
from marketplace.supervision.readings.intake import take_batches
from marketplace.supervision.watching.listening import note_refusals

__all__ = [
    "Described",
    "accept_route",
    "acknowledge_alarm",
    "acknowledge_incident",
    "announce_handling",
    "answer_contest",
    "assign_alarm",
    "attach_device",
    "claim_device",
    "clear_alarm",
    "close_alarm",
    "comment_alarm",
    "contest_alarm",
    "detach_device",
    "enrol_device",
    "expect_firmware",
    "note_refusals",
    "propose_key",
    "propose_maintenance",
    "propose_move",
    "propose_rule",
    "propose_shelving",
    "raise_alarm",
    "record_calibration",
    "record_gate_exit",
    "report_look",
    "revoke_device",
    "set_climate",
    "take_batches",
]
