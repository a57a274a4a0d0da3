"""Model: the architecture with what each part costs, and what is known of the loaded checkpoint."""

from pages.common import address, words

words.heading(
    "Model",
    "The network, drawn from its config in the order in which a clip goes through it, with the "
    "shape, size and cost of each part. "
    "Beside it stands what the loaded checkpoint learned from, how often it is right, and what it "
    "cannot do.",
)
VIEWS = ["Architecture", "Sizes", "Checkpoint", "Load another"]
show = address.segments("Show", VIEWS, "show", VIEWS[0], label_visibility="collapsed")
if show == "Architecture":
    from pages.common import model_view

    model_view.architecture()
elif show == "Sizes":
    from pages.common import model_view

    model_view.sizes()
elif show == "Checkpoint":
    from pages.common import card_view

    card_view.show()
else:
    from pages.common import shelf_view

    shelf_view.show()
