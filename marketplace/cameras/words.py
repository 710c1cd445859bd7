"""The words of cameras: English msgids."""

CAUSES = {"DARK": "Dark", "COVERED": "Covered", "DEFOCUSED": "Out of focus", "TURNED": "Not its scene"}
MOMENTS = {"BEFORE": "Before", "AT": "At the alarm", "AFTER": "After"}
