// One clip of the grid: its frames lie side by side in a picture; arrows of motion lie over them.

import { arrows } from "../clipplayer/overlays.js"
import { Surface } from "../player/draw.js"
import { lengthsOf, usualLength } from "../player/motion.js"

const LONG = 15 // pixels of the screen that most arrows of a clip have
const LONGEST = 6 // times as long as the motion

export class Film {
  // `strip` and `moved` are bytes, or nothing; `card` says the grid of its arrows.
  constructor(canvas, strip, moved, card, { frames, stride, side, unit }) {
    Object.assign(this, { canvas, strip, frames, stride, side, grid: card.grid, frame: Math.floor(frames / 2) })
    this.surface = new Surface(canvas)
    if (moved) this.moved = Float32Array.from(new Int8Array(moved.buffer, moved.byteOffset, moved.byteLength), (v) => v / unit)
    this.usual = this.moved ? usualLength(lengthsOf(this.moved)) : 0
  }

  // The picture is decoded once, when it is first seen.
  async load() {
    if (!this.strip) return
    this.image ??= await createImageBitmap(new Blob([this.strip], { type: "image/jpeg" })).catch(() => null)
    this.paint(false)
  }

  paint(over) {
    if (!this.image || !this.canvas.clientWidth) return
    this.surface.fit()
    const { ctx, width, height } = this.surface, across = this.image.width / this.frames
    this.surface.clear()
    ctx.imageSmoothingQuality = "high"
    ctx.drawImage(this.image, Math.round(this.frame * across), 0, Math.floor(across), this.image.height, 0, 0, width, height)
    if (!over || !this.usual || !this.frame) return // before the first frame nothing has moved
    const size = 2 * this.grid * this.grid, field = this.moved.subarray(this.frame * size, (this.frame + 1) * size)
    const gain = Math.max(1, Math.min(LONGEST, LONG / ((this.usual * width) / this.side)))
    arrows(ctx, field, { grid: this.grid, side: this.side, usual: this.usual * gain, gain }, { x: 0, y: 0, width, height })
  }

  // Play round and round as fast as it was; the last frame stays a little.
  play() {
    if (this.clock || !this.image) return
    this.frame = 0
    const tick = () => {
      if (!this.canvas.isConnected) return this.stop()
      this.paint(true)
      const last = this.frame === this.frames - 1
      this.clock = setTimeout(() => {
        this.frame = last ? 0 : this.frame + 1
        tick()
      }, Math.max(60, Math.min(500, this.stride * 1000)) + (last ? 500 : 0))
    }
    tick()
  }

  get playing() {
    return Boolean(this.clock)
  }

  stop() {
    clearTimeout(this.clock)
    this.clock = null
    this.frame = Math.floor(this.frames / 2)
    this.paint(false)
  }
}
