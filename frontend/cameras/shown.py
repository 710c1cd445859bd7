"""How marks are written and shown: one on each line, with what it stands for."""

from collections.abc import Mapping

from marketplace.cameras.models import Frame, Scene


def typed_marks(marks: Mapping[str, str]) -> str:
    """Marks as people edit them: `TAG:17 = Bag 3`."""
    return "\n".join(f"{mark} = {label}" for mark, label in sorted(marks.items()))


def marks_typed(text: str) -> dict[str, str]:
    """What was typed, read: mark -> what it stands for (the mark itself where nothing was said)."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    pairs = [line.partition(" =") for line in lines]
    return {mark.strip(): label.strip() or mark.strip() for mark, _, label in pairs}


def scene_marks(scene: Scene | None, newest: Frame | None) -> list[tuple[str, str, str]]:
    """The expected marks with what they stand for, and how the newest frame has them: SEEN, MISSING or UNKNOWN."""
    if scene is None:
        return []
    judged = newest is not None and newest.scene_id == scene.id
    seen = set(newest.seen) if newest and judged else set()
    missing = set(newest.missing) if newest and judged else set()
    return [(mark, label, "SEEN" if mark in seen else "MISSING" if mark in missing else "UNKNOWN") for mark, label in sorted(scene.marks.items())]  # fmt: skip
