"""Which alarm types a metric may raise, and what of them work, a release or the road explains."""

RELEASE_EXPLAINS = frozenset({"weight_change", "door_open", "door_left_open", "door_often", "unauthorised_move", "geofence", "image_change", "marks_missing"})  # fmt: skip
# What the road itself explains while goods travel, since the corridor judges in its place.
ROAD_EXPLAINS = frozenset({"geofence", "door_open", "door_left_open", "door_often"})
# Metric -> alarm types that its values may raise.
TYPES_OF = {
    "weight": ("weight_change", "weight_still", "weight_anomaly"),
    "temperature": (
        "temperature",
        "temperature_rate",
        "temperature_budget",
        "temperature_still",
        "temperature_anomaly",
    ),
    "humidity": ("humidity", "humidity_rate", "humidity_still", "humidity_anomaly"),
    "count": ("count_anomaly",),
    "door": ("door_open", "door_left_open", "door_often"),
    "smoke": ("smoke",),
    "water": ("water",),
    "tamper": ("tamper",),
    "mains": ("power",),
    "battery": ("battery_low", "battery_empty"),
    "present": ("unauthorised_move",),
    "intrusion": ("intrusion",),
    "image_change": ("image_change",),
    "camera_blocked": ("camera_blocked",),
    "marks_missing": ("marks_missing",),
    "picture": ("picture_still",),
    "distance": ("geofence",),
    "disagreement": ("position_doubted",),
    "off_route": ("route",),
    "standing": ("long_stop",),
    "lateness": ("late_arrival",),
    "door_away": ("door_off_stop",),
}
# A state that alarms while it holds.
FLAGS = {
    "door_open": True,
    "door_left_open": True,
    "door_off_stop": True,
    "smoke": True,
    "water": True,
    "tamper": True,
    "power": False,
    "unauthorised_move": False,
    "intrusion": True,
    "camera_blocked": True,
}
ONLY_WITH_GOODS = frozenset(
    {kind for metric in ("weight", "temperature", "humidity", "present", "distance") for kind in TYPES_OF[metric]}
)
