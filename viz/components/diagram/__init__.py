"""The diagram component: the model as boxes drawn from its config, each a switch if one wants."""

from pathlib import Path

from viz.components.component import Component
from viz.components.diagram.contents import diagram_data, switched

__all__ = ["COMPONENT", "diagram_data", "mount", "switched"]

_HERE = Path(__file__).parent
# It draws `diagram_data` and sends back {modes: {key of a box: mode}, edit}, read by `switched`.
COMPONENT = Component("sct_diagram", _HERE / "diagram.js", _HERE / "diagram.css", state="switched")
mount = COMPONENT.mount
