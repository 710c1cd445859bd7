"""Pictures are drawn anew: what comes out holds the picture alone, no place, no camera, no thumbnail, nothing hidden behind its end."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from tenants.errors import Invalid

MOST_PIXELS = 60_000_000
QUALITY = 88
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


def drawn_anew(content: bytes, media_type: str) -> bytes:
    """The same picture, upright, in the same format, without metadata. Refuses a broken picture and one of more than 60 million pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture = _read(content, media_type)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError) as broken:
        raise Invalid("picture_broken", "This picture cannot be read.", field="file") from broken
    out = io.BytesIO()
    picture.save(out, FORMATS[media_type], quality=QUALITY, optimize=True)
    return out.getvalue()


def _read(content: bytes, media_type: str) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=[FORMATS[media_type]]) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise Invalid("picture_too_large", "A picture has at most 60 million pixels.", field="file")
        upright = ImageOps.exif_transpose(opened)
        mode = "RGBA" if media_type != "image/jpeg" and "A" in upright.getbands() else "RGB"
        bare = Image.new(mode, upright.size)
        bare.paste(upright.convert(mode))
        return bare
