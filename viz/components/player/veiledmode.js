// Nothing but the clip: what attention says and what is true stay hidden until somebody has guessed.

import { mapsMode } from "./mapsmode.js"

export const veiledMode = {
  id: "veiled",
  name: "Clip",
  hint: "Press play and watch. Left is the frame before, right the current one.",
  legendTitle: "",

  choices: (header) => mapsMode.choices(header),

  titles(p) {
    const { frame } = p.view
    return [`Before · frame ${Math.max(0, frame - 1)}`, `Current · frame ${frame}`]
  },

  notice: () => "",

  paint(p) {
    const { left, right } = p, { frame } = p.view
    for (const [surface, shown] of [[left, Math.max(0, frame - 1)], [right, frame]]) {
      surface.backdrop(`clip|${shown}`, (ctx, size) => p.pictures.paint(ctx, shown, size))
    }
    p.overlay.clear()
  },

  thumb: () => "",
  readout: () => [],
  say: (p) => `Frame ${p.view.frame}`,
}
