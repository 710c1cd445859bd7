"""What may be done with cameras, offered here to other rooms and the doors: taking frames in, accepting scenes, looking at originals."""

from marketplace.cameras.taking import given_for, keep_frames, see
from marketplace.cameras.viewing import accept_scene, open_original

__all__ = ["accept_scene", "given_for", "keep_frames", "open_original", "see"]
