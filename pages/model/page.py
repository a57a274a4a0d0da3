"""Shows the architecture with the cost of each part, and what is known of the checkpoint."""

from pages.shell import headings
from pages.state import url_widgets

headings.heading(
    "Model",
    "The network, drawn from its config in the order in which a clip goes through it, with the "
    "shape, size and cost of each part. "
    "Beside it stands what the loaded checkpoint learned from, how often it is right, and what it "
    "cannot do.",
)
VIEWS = ["Architecture", "Sizes", "Checkpoint", "Load another"]
show = url_widgets.segments("Show", VIEWS, "show", VIEWS[0], label_visibility="collapsed")
if show == "Architecture":
    from pages.model import architecture

    architecture.architecture()
elif show == "Sizes":
    from pages.model import architecture

    architecture.sizes()
elif show == "Checkpoint":
    from pages.model import card

    card.show()
else:
    from pages.model import checkpoints

    checkpoints.show()
