// The attention player as a component of Streamlit.

import { mounter } from "./mounting.js"
import { Player } from "./player.js"

export default mounter(Player)
