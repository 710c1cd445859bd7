"""Documents on paper: set in whole embedded faces, Chinese included."""

import re
from pathlib import Path

from flask import Flask, render_template_string
from weasyprint import HTML

PAPER = """{% extends 'layout/print.html' %}{% block title %}Receipt{% endblock %}{% block reference %}WR-3-0091827{% endblock %}
{% block content %}<h1>仓单 Warehouse receipt</h1><p>江南铜业有限公司（禤鑫龘）¥34,872,150.00 “质押”</p>{% endblock %}"""

STATES = """{% extends 'layout/print.html' %}{% from 'layout/macros/state.html' import state %}{% block title %}Log{% endblock %}{% block reference %}L-1{% endblock %}
{% block content %}<table>{% for _ in range(9) %}<tr><td>{{ state('WALKED', 'patrol', bare=true) }}</td></tr>{% endfor %}</table>{% endblock %}"""


def document(app: Flask, built: Path, page: str) -> HTML:
    with app.test_request_context("/?lang=zh"):
        return HTML(string=render_template_string(page, print_sheet=(built / "print" / "print.css").as_uri()))


def paper(app: Flask, built: Path) -> bytes:
    return bytes(document(app, built, PAPER).write_pdf(uncompressed_pdf=True))


def test_a_state_is_told_in_words_and_its_sign_is_no_blot(layout_app: Flask, built: Path) -> None:
    assert len(document(layout_app, built, STATES).render().pages) == 1


def test_every_character_comes_from_our_own_faces(layout_app: Flask, built: Path) -> None:
    faces = set(re.findall(rb"/BaseFont /[A-Z]{6}\+([\w-]+)", paper(layout_app, built)))
    assert faces
    assert all(face.startswith((b"Inter", b"Bailee-Han")) for face in faces), faces
    assert any(face.startswith(b"Bailee-Han") for face in faces)


def test_rare_characters_of_names_can_be_copied_out_again(layout_app: Flask, built: Path) -> None:
    mapped = {
        bytes.fromhex(code.decode()).decode("utf-16-be")
        for code in re.findall(rb"<[0-9a-fA-F]{4}> <([0-9a-fA-F]{4})>", paper(layout_app, built))
    }
    assert set("禤鑫龘质押仓单") <= mapped


def test_no_face_of_the_sheet_is_cut_by_range_or_named_twice(built: Path) -> None:
    """WeasyPrint 70 takes glyphs from the wrong cut where one family has several: the page reads as nonsense."""
    sheet = (built / "print" / "print.css").read_text()
    faces = re.findall(r'@font-face \{\s*font-family: "([^"]+)";\s*font-weight: (\d+);\s*src: url\("([^"]+)"\)', sheet)
    assert len(faces) == len({(family, weight) for family, weight, _ in faces}) == sheet.count("@font-face")
    assert "unicode-range" not in sheet
    assert all((built / "print" / file).exists() for _, _, file in faces)
