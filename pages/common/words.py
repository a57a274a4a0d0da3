"""Words that all pages use alike: headings, kinds of heads, what is off and how to get it back."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from pages.common import router
from pages.common.session import View
from pages.common.text import plain, sentence

GROUNDED, FREE = "◆", "○"
HOW_ON = (
    "Switch it on again on the Ablation page, or turn off “Apply to all pages” in the sidebar to "
    "see the model as trained."
)


def heading(title: str, text: str) -> None:
    """The title, and in two sentences what is seen and how to read it."""
    router.require_route()
    st.title(title)
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


def _as_trained() -> None:
    st.session_state["everywhere"] = False


def twin_button(view: View) -> None:
    """One click to the model that was trained alike but for the grounding of its heads."""
    from pages.common.compute import twin_of

    found = twin_of(view.loaded.name)
    if found is None:
        return
    other, grounded = found
    kind = "with grounded heads" if grounded else "without grounded heads"
    st.button(
        f"Compare with the twin {kind}",
        icon=":material/compare_arrows:",
        key="twin",
        on_click=lambda: st.session_state.update(model=other),
        help=f"Opens {plain(other)}: trained alike, except that its heads were"
        f"{'' if grounded else ' not'} taught to follow motion.",
    )


def mark(head: int | str, grounded: Sequence[int]) -> str:
    """The sign of a head's kind, or of both where a mean is over both."""
    if not grounded:
        return FREE
    if head == "mean":
        return GROUNDED + FREE
    return GROUNDED if head == "grounded" or head in grounded else FREE


def head_sentence(
    head: int | str,
    heads: int,
    grounded: Sequence[int],
    measured: dict[int, float] | None = None,
) -> str:
    """Which kind of head this is, what that means for what is seen, and how well it does.

    Args:
        measured: of each head, the correlation of its arrows with true motion.
    """
    if isinstance(head, int):
        asked = [head]
    else:
        asked = list(grounded) if head == "grounded" else list(range(heads))
    return f"{_kind(head, heads, grounded)} {_measured(asked, measured or {})}"


def measured_heads(card: dict, stage: int) -> dict[int, float]:
    """From a model's card: head -> correlation of its displacement with true motion."""
    rows = card.get("attention_follows_motion", {}).get("heads", [])
    return {
        row["head"]: row["correlation"]
        for row in rows
        if row["stage"] == stage and row.get("block", 0) == 0
    }


def _measured(asked: list[int], measured: dict[int, float]) -> str:
    known = {h: measured[h] for h in asked if h in measured}
    if not known:
        return "How well it follows motion has not been measured for this model."
    each = ", ".join(f"head {h}: {r:+.2f}" for h, r in known.items())
    each = each.replace("-", "−")
    said = f"r = {next(iter(known.values())):+.2f}".replace("-", "−") if len(known) == 1 else each
    return f"Measured on unseen made clips, correlation of its arrows with true motion: {said}."


def _kind(head: int | str, heads: int, grounded: Sequence[int]) -> str:
    if not grounded:
        return f"{FREE} This stage has no grounded heads: nothing taught its maps to follow motion."
    listed = ", ".join(map(str, grounded))
    if head == "grounded":
        return (
            f"{GROUNDED} Mean of the **grounded** heads ({listed}), which were trained on made "
            "clips to look where the content came from."
        )
    if head == "mean":
        return (
            f"{GROUNDED}{FREE} Mean of all {heads} heads, of which {listed} are **grounded** "
            "(trained to follow motion) and the others **free**."
        )
    if head in grounded:
        return (
            f"{GROUNDED} Head {head} is **grounded**: it was trained on made clips to look where "
            "the content came from."
        )
    return (
        f"{FREE} Head {head} is **free**: only classification shaped it, and its map need not "
        "follow motion."
    )


def accuracy(card: dict, classes: int) -> str:
    """How often the model was measured to be right, from its card."""
    measured = card.get("measured", {})
    if "top1" not in measured or "n" not in measured:
        return "How often this model is right has not been measured."
    said = f"This model was right for {_share(measured, 'unseen made clips')}"
    if "top1" in card.get("footage", {}):
        said += f" and {_share(card['footage'], 'camera motions over pictures of real videos')}"
    return f"{said}; guessing would be for {1 / classes:.1%}. Real videos can be harder."


def _share(measured: dict, of: str) -> str:
    low, high = measured.get("top1_ci95", (None, None))
    within = f" (95% interval {low:.1%} to {high:.1%})" if low is not None else ""
    return f"{measured['top1']:.1%} of {measured['n']:,} {of}{within}"


def off(error: LookupError, how: str) -> None:
    """A part that the ablation took away."""
    st.info(f"{sentence(error)}. {how}", icon=":material/power_settings_new:")


def facts(rows: Sequence[tuple[str, str]]) -> None:
    """Terms and values in two columns; both are text, whatever they contain."""
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
