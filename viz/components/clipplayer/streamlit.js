// The clip player as a component of Streamlit.

import { mounter } from "../player/mounting.js"
import { ClipPlayer } from "./clipplayer.js"

export default mounter(ClipPlayer)
