"""The parts that all pages draw alike: headings, banners, notes on ablations, definitions."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import glossary
from pages.shell.current import current
from pages.state.view import View
from pages.widgets.markdown import plain, sentence

if TYPE_CHECKING:
    from pages.cache.keys import Result

_PAGES = Path(__file__).parents[1]


def page(title: str, text: str) -> tuple[View, Result]:
    """Draw the head of a page of maps, and return what it shows; raises NothingToShow."""
    heading(title, text)
    view = current()
    banner(view)
    from pages.cache.inference import result_of  # once the heading is there

    return view, result_of(view)


def heading(title: str, text: str = "") -> None:
    """Draw the title, and what is seen and how to read it in two sentences of Markdown."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(title, width="stretch")
        glossary.button()
    if text:
        st.markdown(text)


def banner(view: View) -> None:
    """Say whose maps these are, wherever that could be in doubt."""
    if view.ablation_error:
        st.error(
            f"{sentence(view.ablation_error)}. The model is shown as trained.",
            icon=":material/error:",
        )
    elif str(view.ablation) == "none":
        return
    elif view.everywhere:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                f"This is the **ablated** model: {plain(view.ablation)}",
                icon=":material/tune:",
            )
            st.button("Show as trained", on_click=_as_trained, key="as_trained")
    else:
        st.caption(
            f"The model as trained. The ablation {plain(view.ablation)} is applied on the "
            "Ablation page only; the sidebar can apply it here too."
        )


def doubt(result: Result) -> None:
    """Say beside what explains an answer that the answer is not sure, if it is not."""
    if said := result.judged.sentence:
        st.warning(plain(said), icon=":material/help:")


def _as_trained() -> None:
    st.session_state["everywhere"] = False


def twin_button(view: View) -> None:
    """Draw a button that opens the model that differs in the grounding of its heads alone."""
    from pages.cache.inference import twin_of

    found = twin_of(view.loaded.name)
    if found is None:
        return
    other, grounded = found
    kind = "with grounded heads" if grounded else "without grounded heads"
    clicked = st.button(
        f"Compare with the twin {kind}",
        icon=":material/compare_arrows:",
        key="twin",
        on_click=lambda: st.session_state.update(model=other),
        help=f"Opens {plain(other)}: trained alike, except that its heads were"
        f"{'' if grounded else ' not'} taught to follow motion.",
    )
    if clicked:  # it stands in a fragment, whose own rerun leaves the view as it was
        st.rerun()


def off(error: LookupError) -> None:
    """Say that the ablation took a part away, and how to get it back."""
    st.info(
        f"{sentence(error)}. Switch it on again on the Ablation page, or turn off “Apply to all "
        "pages” in the sidebar to see the model as trained.",
        icon=":material/power_settings_new:",
    )


def facts(rows: Sequence[tuple[str, str]]) -> None:
    """Draw terms and values in two columns; both are text, whatever they contain."""
    body = "".join(
        f"<dt>{html.escape(term)}</dt><dd>{html.escape(value)}</dd>" for term, value in rows
    )
    st.html(
        "<style>.sct-facts{display:grid;grid-template-columns:max-content minmax(0,1fr);"
        "gap:.4rem 1.1rem;margin:0!important;padding:0!important;font-size:.9rem}"
        ".sct-facts dt{opacity:.65;font-weight:400}"
        ".sct-facts dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}</style>"
        f'<dl class="sct-facts">{body}</dl>'
    )


def definition(
    page: str, title: str = "Exact definition", note: str = "", **values: object
) -> None:
    """Draw, folded up, what exactly a page shows: its `definition.md`.

    Args:
        page: its folder.
        note: stands below in small letters.
        values: what stands for `{name}` in the text.
    """
    with st.expander(title, icon=":material/function:"):
        text = (_PAGES / page / "definition.md").read_text(encoding="utf-8")
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        st.markdown(text)
        if note:
            st.caption(note)
