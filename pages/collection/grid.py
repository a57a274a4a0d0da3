"""One page of cards: asked for, sent, and what comes back of it."""

from __future__ import annotations

import hashlib
import math
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st

from pages.collection import keeping, opening
from pages.collection.chosen import PLACE, Chosen
from pages.state import collection_clip, url_values
from pages.widgets.markdown import sentence

if TYPE_CHECKING:
    from sct.collection.runs import Run
    from sct.collection.schema import Question
    from viz.components.collection.contents import Said

A_PAGE = 24
_KEY, _SENT, _PAGES = "collection_grid", "_collection_sent", "_collection_pages"
_HEARD = "_collection_heard"  # numbers of labels that need not be taken again
_MOST_HEARD = 10_000
_KEPT = 16  # pages of which what comes back late is still understood
Row = dict[str, Any]


class Page(NamedTuple):
    """What was shown, which is what the browser speaks of, whatever is shown by then."""

    run: Run
    question: Question
    rows: list[Row]


def show(view: Chosen, order: str, labelling: bool = False) -> None:
    """Draw a page of cards and the way to the others.

    Args:
        order: one of `SORTS`.
        labelling: has cards labelled by keys, in place of being opened.
    """
    from sct.errors import SCTError
    from viz.components import collection

    keeping.say_wrong()
    try:
        count = view.ask("count", view.filter)
        if not count:
            st.info("No clip is left by this filter.", icon=":material/filter_alt_off:")
            return
        pages = math.ceil(count / A_PAGE)
        at = url_values.value(PLACE, "Page", url_values.whole(1, 10**7), 1)
        at = min(at, pages)
        rows = view.ask(
            "page", view.question.name, view.filter, order, (at - 1) * A_PAGE, A_PAGE, view.ablation
        )
        data = _message(view, order, rows, at, count, labelling)
    except SCTError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    if labelling and all(row["error"] is not None for row in rows):
        st.info(
            "No file of this page could be read: there is nothing to label here.",
            icon=":material/label_off:",
        )
        pager(at, pages)
        return
    if not labelling:
        said = "1 clip" if count == 1 else f"{count:,} clips"
        st.caption(f"{said}. {(at - 1) * A_PAGE + 1:,} to {min(at * A_PAGE, count):,} are shown.")

    def told(sent: object) -> None:
        _told(min(at + 1, pages), sent)

    collection.mount(data, _KEY, told)
    pager(at, pages)


def pager(at: int, pages: int) -> None:
    """Draw the way to other pages."""
    if pages < 2:
        return
    with st.container(
        horizontal=True, horizontal_alignment="center", vertical_alignment="center", key="pager"
    ):
        for text, to, icon in (
            ("First", 1, "first_page"),
            ("Previous", at - 1, "chevron_left"),
            ("Next", at + 1, "chevron_right"),
        ):
            if text == "Next":
                st.markdown(f"Page {at:,} of {pages:,}")
            st.button(
                text,
                key=f"to_{text.lower()}",
                icon=f":material/{icon}:",
                disabled=not 1 <= to <= pages or to == at,
                on_click=url_values.set_value,
                args=(PLACE, to),
            )


def _message(
    view: Chosen, order: str, rows: list[Row], at: int, count: int, labelling: bool
) -> bytes:
    """Make the message; while a page is labelled it stays the one that was sent."""
    from viz.components.collection.contents import message

    keys = [(row["file"], row["window"]) for row in rows]
    # A run that takes the place of another may have its windows elsewhere.
    windows = [(*key, row["start_s"]) for key, row in zip(keys, rows, strict=True)]
    asked = view.run.name, view.question.name, view.ablation, order, at, labelling, windows
    subject = hashlib.sha256(repr(asked).encode(errors="surrogatepass")).hexdigest()[:32]
    pages = st.session_state.setdefault(_PAGES, {})
    pages.pop(subject, None)
    pages[subject] = Page(view.run, view.question, rows)
    for old in list(pages)[:-_KEPT]:
        del pages[old]
    state = () if labelling else (view.run.version, *map(view.labels.get, keys))
    sent = st.session_state.get(_SENT)
    if sent is not None and sent[0] == (subject, state):
        return sent[1]
    data = message(
        _cards(view, order, rows), view.run.header, view.question, subject, labelling,
        (at - 1) * A_PAGE, count, view.effect,
    )  # fmt: skip
    st.session_state[_SENT] = (subject, state), data
    return data


def _cards(view: Chosen, order: str, rows: list[Row]) -> list:
    from viz.components.collection.contents import Card

    run, labels = view.run, view.labels
    header = run.header
    pictures = view.rows.strips([(row["file"], row["window"]) for row in rows])
    cards = []
    for row in rows:
        key = row["file"], row["window"]
        if row["error"] is not None:
            cards.append(Card(row["file"], error=row["error"]))
            continue
        strip, arrows = pictures.get(key, (b"", b""))
        start = row["start_s"] or 0.0
        cards.append(
            Card(
                row["file"],
                start,
                row["end_s"] or 0.0,
                label=row["label"] or "",
                probability=row["probability"] or 0.0,
                sure=row["sure"],
                unlike=row["unlike"],
                known=row["known"] or "",
                effect=row.get("effect"),
                ordered=_ordered(order, row.get("by")),
                mine=labels.get(key, ""),
                strip=strip,
                arrows=arrows,
                link=collection_clip.link(
                    run.name, row["file"], start, header.stride, header.model
                ),
            )
        )
    return cards


def _ordered(order: str, by: float | None) -> str:
    """Say the number that an order goes by, where a card would not say it anyway."""
    if by is None or not math.isfinite(by):
        return ""
    return (
        f"moves {by:.1f} px" if order == "most motion" else f"flow: r = {by:.2f}".replace("-", "−")
    )


def _told(following: int, sent: object) -> None:
    """Take what the grid sends: a clip to be opened, or labels; of an unknown page it is nothing.

    Args:
        following: the page that comes next.
    """
    from viz.components.collection.contents import told_of

    told = told_of(sent, A_PAGE)
    if told is None:
        return
    _hear(told.labels)
    pages = st.session_state.get(_PAGES, {})
    if (page := pages.get(told.subject)) is None:
        return
    rows, header = page.rows, page.run.header
    if told.open is not None and told.open < len(rows) and rows[told.open]["error"] is None:
        row = rows[told.open]
        start = row["start_s"] or 0.0
        opening.want(page.run.name, row["file"], start, header.stride, header.model)
    if told.further and told.subject == list(pages)[-1]:
        url_values.set_value(PLACE, following)


def _hear(said: list[Said]) -> None:
    """Keep what was not heard before, for the runs and questions that it was said of."""
    state, pages = st.session_state, st.session_state.get(_PAGES, {})
    heard = set(state.get(_HEARD, ()))
    new = [one for one in said if one.number not in heard]
    for subject, group in groupby(new, key=lambda one: one.subject):
        some = list(group)
        if (page := pages.get(subject)) is None:
            continue
        own = [(page.rows[one.place], one.label) for one in some if one.place < len(page.rows)]
        if keeping.keep(page.run.name, page.question.name, own):  # else it is sent again
            heard |= {one.number for one in some}
    state[_HEARD] = sorted(heard)[-_MOST_HEARD:]
