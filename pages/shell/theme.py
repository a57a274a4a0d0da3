"""The mark of SCT Lens (two frames, one shifted, and the patch they share) and its style sheet."""

from pathlib import Path

_HERE = Path(__file__).parent

ICON = (_HERE / "icon.svg").read_text(encoding="utf-8").strip()
# In one colour that reads on the light and on the dark sidebar. "SCT Lens" stands as outlines of
# Source Sans Bold (SIL Open Font License), as an <img> lacks the page's font.
LOGO = (_HERE / "logo.svg").read_text(encoding="utf-8").strip()

# Streamlit writes white on the primary colour, which the dark theme's is too light for, and draws
# the circle of a choice in the colour of borders, in which it can hardly be seen. Its margins are
# those of a page of text, where a screen here holds a clip, its answers and a timeline.
STYLE = """<style>
[data-testid="stRadioOption"]:not([data-selected]) > div > div:first-child {
  border-color: color-mix(in srgb, currentColor 60%, transparent);
}
[data-testid="stBaseButton-primary"] { color: light-dark(#FFFFFF, #04181C); }
:has(> .st-key-about) { flex: 1 1 0 !important; }
@media (min-width: 1000px) {
  [data-testid="stMainBlockContainer"] { padding: 2rem 3rem 3rem; }
  [data-testid="stHeader"] { background: none; }
  [data-testid="stHeader"],
  [data-testid="stHeader"] :not(button, button *) { pointer-events: none; }
  [data-testid="stHeader"] button { pointer-events: auto; }
}
@media (max-width: 1000px) {
  :has(> .st-key-about) { order: 1; flex-basis: 100% !important; }
}
</style>"""
