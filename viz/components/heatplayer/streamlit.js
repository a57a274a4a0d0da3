// The heat player as a component of Streamlit.

import { mounter } from "../player/mounting.js"
import { HeatPlayer } from "./heatplayer.js"

export default mounter(HeatPlayer)
