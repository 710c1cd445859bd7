"""What the macros write, without a browser."""

from types import SimpleNamespace
from typing import Any, cast
from xml.etree.ElementTree import Element

import pytest
import tinyhtml5  # type: ignore[import-untyped]
from flask import Flask, g, render_template_string

from tenants.errors import Invalid
from tests.frontend.layout.samples import NOW


def written(app: Flask, source: str, **context: Any) -> Element:
    """The markup that a template source writes, parsed as a browser would."""
    with app.test_request_context("/lots"):
        g.entered = context.get("entered", {})
        return cast(
            "Element", tinyhtml5.parse(render_template_string(source, **context), namespace_html_elements=False)
        )


def one(shown: Element, path: str) -> Element:
    """The only element at that path."""
    [element] = shown.findall(path)
    return element


def text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def chosen(shown: Element, name: str) -> str | None:
    return one(shown, f".//select[@name='{name}']/option[@selected]").get("value")


FORM = """{% from 'layout/macros/form.html' import form, field, select_field, quantity_field, checkbox_field with context %}
{% call form('/lots', submit='Declare') %}
{{ field('marks', 'Marks', value='first') }}{{ quantity_field('quantity', 'Quantity', units=[('TNE', 't'), ('KGM', 'kg')], hint='As listed.') }}
{{ select_field('product', 'Product', [('cu', 'Copper'), ('al', 'Aluminium')], value='cu') }}{{ checkbox_field('mine', 'Mine', checked=true) }}{% endcall %}"""


def test_a_fresh_form_carries_both_keys_and_the_values_given(layout_app: Flask) -> None:
    shown = written(layout_app, FORM)
    assert one(shown, ".//input[@name='csrf_token']").get("value") == "token"
    assert str(one(shown, ".//input[@name='_key']").get("value")).startswith("key-")
    assert one(shown, ".//input[@name='marks']").get("value") == "first"
    assert chosen(shown, "product") == "cu"
    assert "checked" in one(shown, ".//input[@name='mine']").attrib
    assert not shown.findall(".//*[@aria-invalid]")


def test_a_refused_form_gives_back_what_was_typed_and_ties_the_reason_to_its_field(layout_app: Flask) -> None:
    refused = Invalid("too_much", "More than the packing list says: %(most)s", field="quantity", most="500.000 t")
    entered = {"marks": "JNC-1", "quantity": "520", "quantity_unit": "KGM", "product": "al"}
    shown = written(layout_app, FORM, refused=refused, entered=entered)
    field = one(shown, ".//*[@aria-invalid]")
    assert (field.get("name"), field.get("value")) == ("quantity", "520")
    told = [text(one(shown, f".//*[@id='{name}']")) for name in str(field.get("aria-describedby")).split()]
    assert told == ["As listed.", "More than the packing list says: 500.000 t"]
    assert (chosen(shown, "quantity_unit"), chosen(shown, "product")) == ("KGM", "al")
    assert one(shown, ".//*[@role='alert']//a").get("href") == "#field-quantity"
    assert "checked" in one(shown, ".//input[@name='mine']").attrib


def test_a_refusal_of_the_whole_form_stands_above_it(layout_app: Flask) -> None:
    shown = written(layout_app, FORM, refused=Invalid("closed", "The deal is closed."), entered={})
    assert text(one(shown, ".//*[@role='alert']//li")) == "The deal is closed."
    assert not shown.findall(".//*[@aria-invalid]")


def test_of_two_forms_only_the_one_that_was_sent_says_why_and_its_dialog_stands_open(layout_app: Flask) -> None:
    two = """{% from 'layout/macros/form.html' import form, field with context %}{% from 'layout/macros/page.html' import dialog %}
    {% for action in ('/lots', '/lots/labels') %}{% call dialog(action[1:], action) %}{% call form(action) %}{{ field('marks', 'Marks') }}{% endcall %}{% endcall %}{% endfor %}"""
    shown = written(layout_app, two, refused=Invalid("closed", "The deal is closed."), entered={})
    assert len(shown.findall(".//*[@role='alert']")) == 1
    assert [dialog.get("id") for dialog in shown.findall(".//dialog[@data-open-at-once]")] == ["lots"]
    assert not written(layout_app, two).findall(".//dialog[@data-open-at-once]")


ALIKE = """{% from 'layout/macros/form.html' import form, field, checkbox_field with context %}
{% for action, fields in (('/lots/labels', {}), ('/lots', {'kind': 'VISIT'}), ('/lots', {'kind': 'COLLECTION'})) %}
{% call form(action, fields=fields) %}{{ field('places', 'Places', value='2') }}{{ checkbox_field('mine', 'Mine', checked=true) }}{% endcall %}{% endfor %}"""


def test_of_forms_with_the_same_fields_only_the_one_that_was_sent_keeps_what_was_typed_and_leads_to_its_own_field(
    layout_app: Flask,
) -> None:
    refused = Invalid("too_many", "More places than the yard has.", field="places")
    shown = written(layout_app, ALIKE, refused=refused, entered={"kind": "COLLECTION", "places": "900", "mine": ""})
    *others, sent = shown.findall(".//form")
    for form in others:
        assert one(form, ".//input[@name='places']").get("value") == "2"
        assert "checked" in one(form, ".//input[@name='mine']").attrib
        assert "More places" not in text(form)
    assert one(sent, ".//input[@name='places']").get("value") == "900"
    assert "checked" not in one(sent, ".//input[@name='mine']").attrib
    assert one(sent, ".//*[@role='alert']//a").get("href") == f"#{one(sent, './/input[@aria-invalid]').get('id')}"


def test_what_people_typed_is_never_markup(layout_app: Flask) -> None:
    shown = written(
        layout_app,
        FORM,
        refused=Invalid("no", "%(name)s is wrong", name="<script>x</script>"),
        entered={"marks": '"><script>alert(1)</script>'},
    )
    assert not shown.findall(".//script")
    assert one(shown, ".//input[@name='marks']").get("value") == '"><script>alert(1)</script>'


TABLE = """{% from 'layout/macros/table.html' import data_table with context %}
{% call(lot) data_table(lots, [{'key': 'number', 'label': 'Lot', 'sort': true}, {'key': 'weight', 'label': 'Weight', 'kind': 'number', 'sort': true, 'hide': 'narrow'}],
   query=query, next_cursor='n/1', row_id='lot') %}<td><a class="row-link" href="/lots/{{ lot.id }}">{{ lot.number }}</a></td><td>{{ lot.weight }}</td>{% endcall %}"""
LOTS = [SimpleNamespace(id=1, number="L-1 <td>", weight="124.688 t")]


def asked(address: str | None) -> set[str]:
    """The pairs of a query string."""
    return set(str(address).removeprefix("?").split("&"))


def test_each_cell_is_labelled_for_phones_and_takes_the_kind_of_its_column(layout_app: Flask) -> None:
    shown = written(layout_app, TABLE, lots=LOTS, query={})
    cells = [
        (cell.get("data-label"), cell.get("data-kind"), cell.get("data-hide")) for cell in shown.findall(".//tbody//td")
    ]
    assert cells == [("Lot", None, None), ("Weight", "number", "narrow")]
    assert one(shown, ".//tbody/tr").get("id") == "lot-1"
    assert text(one(shown, ".//tbody//a")) == "L-1 <td>"


@pytest.mark.parametrize(
    ("query", "sort"), [({}, "sort=weight"), ({"sort": "weight"}, "sort=-weight"), ({"sort": "-weight"}, "sort=weight")]
)
def test_sorting_turns_round_and_leaves_the_cursor_behind(layout_app: Flask, query: dict[str, str], sort: str) -> None:
    shown = written(layout_app, TABLE, lots=LOTS, query={"state": "a&b", "cursor": "x"} | query)
    [link] = [link.get("href") for link in shown.findall(".//a[@class='sorter']") if "Weight" in text(link)]
    assert asked(link) == {sort, "state=a%26b"}


def test_the_next_page_keeps_filter_and_order(layout_app: Flask) -> None:
    shown = written(layout_app, TABLE, lots=LOTS, query={"sort": "-weight", "state": "PLEDGED", "before": "b"})
    assert asked(one(shown, ".//a[@rel='next']").get("href")) == {"sort=-weight", "state=PLEDGED", "cursor=n/1"}


def test_the_sorted_column_says_its_direction(layout_app: Flask) -> None:
    shown = written(layout_app, TABLE, lots=LOTS, query={"sort": "-weight"})
    heading = one(shown, ".//th[@aria-sort]")
    assert (heading.get("aria-sort"), text(heading)) == ("descending", "Weight")


def test_an_empty_list_shows_no_table(layout_app: Flask) -> None:
    shown = written(layout_app, TABLE, lots=[], query={})
    assert not shown.findall(".//table")
    assert shown.findall(".//*[@class='empty']")


def test_a_state_is_told_by_word_and_shape_and_an_unknown_one_is_not_hidden(layout_app: Flask) -> None:
    source = "{% from 'layout/macros/state.html' import state with context %}{{ state('OPEN', 'auction') }}{{ state('open') }}{{ state('GONE_FISHING') }}"
    badges = written(layout_app, source).findall(".//span[@class='badge']")
    assert [(text(badge), badge.get("data-tone")) for badge in badges] == [
        ("Bidding open", "accent"),
        ("Open", "accent"),
        ("Gone fishing", "neutral"),
    ]
    assert all(
        any(True for part in badge.iter() if part.tag.endswith("circle") or part.tag.endswith("path"))
        for badge in badges
    )


@pytest.mark.parametrize(
    ("value", "tone", "width"),
    [
        (69.9, "ok", "69.90%"),
        (70, "watch", "70.00%"),
        (75, "danger", "75.00%"),
        (140, "danger", "100.00%"),
        (-3, "ok", "0.00%"),
    ],
)
def test_a_meter_turns_at_its_lines_and_stays_in_its_frame(
    layout_app: Flask, value: float, tone: str, width: str
) -> None:
    source = "{% from 'layout/macros/figures.html' import meter with context %}{{ meter(value, [(70, 'Warn', 'watch'), (75, 'Call', 'danger')], label='LTV') }}"
    shown = written(layout_app, source, value=value)
    [fill] = [part for part in shown.iter() if part.get("class") == "meter-fill"]
    assert (one(shown, ".//div[@class='meter']").get("data-tone"), fill.get("width")) == (tone, width)


APPROVAL = """{% from 'layout/macros/story.html' import approval_card with context %}
{% call approval_card('Release', 'Chen Bo', now, '/a/1/approve', '/a/1/refuse', may_decide=allowed) %}x{% endcall %}"""


def test_the_maker_gets_no_buttons_but_the_reason(layout_app: Flask) -> None:
    shown = written(layout_app, APPROVAL, now=NOW, allowed=False)
    assert not shown.findall(".//form")
    assert "someone else must decide" in text(shown)


def test_the_checker_gets_both_ways_under_one_key(layout_app: Flask) -> None:
    shown = written(layout_app, APPROVAL, now=NOW, allowed=True)
    assert [button.get("formaction") for button in shown.findall(".//button")] == ["/a/1/refuse", "/a/1/approve"]
    assert str(one(shown, ".//input[@name='_key']").get("value")).startswith("key-")


def test_a_state_is_told_in_the_language_of_each_reader(layout_app: Flask) -> None:
    """The table of states is made once for all readers; its words must not be those of the first."""
    source = (
        "{% from 'layout/macros/state.html' import state %}{{ state('ACTIVE_UNACK') }}{{ state('OPEN', 'auction') }}"
    )
    told = {}
    for language in ("en", "zh", "en"):
        with layout_app.test_request_context(f"/?lang={language}"):
            shown = tinyhtml5.parse(render_template_string(source), namespace_html_elements=False)
        told[language] = [text(badge) for badge in shown.findall(".//span[@class='badge']")]
    assert told == {"en": ["Active, unacknowledged", "Bidding open"], "zh": ["活动，未确认", "竞价中"]}
