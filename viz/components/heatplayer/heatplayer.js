// The heat player: one map beside the plain clip, or two maps, in step. What a colour means, what is
// said of a method and how it is called come with the message. The pinned view is {frame, row, column, edit}.

import { Surface, gridLines, heat, outlineCell, outlinePreview, underMap } from "../player/draw.js"
import { caption, el, percent, ranking } from "../player/dom.js"
import { Playing } from "../player/playing.js"
import { patchName } from "../player/pointing.js"
import { build } from "./heatlayout.js"
import { paintLane } from "./lanes.js"
import { Heat, number } from "./numbers.js"

export class HeatPlayer extends Playing {
  take(message) {
    this.maps = message.header.maps.map((_, i) => new Heat(message, i))
  }

  // Names, colours and badges stand in what is built.
  differs() {
    return true
  }

  build() {
    // A scrub of the clip, or a look at the numbers, must not lose its place when a map is exchanged.
    const held = document.activeElement && [...this.root.querySelectorAll("canvas, input, button")].indexOf(document.activeElement)
    this.parts = build(this)
    for (const column of this.parts.columns) {
      column.surface = new Surface(column.canvas)
      this.listen(column.canvas)
    }
    for (const lane of this.parts.lanes) lane.surface = new Surface(lane.canvas)
    if (held >= 0) this.root.querySelectorAll("canvas, input, button")[held]?.focus()
    this.watch(this.parts.pictures)
  }

  surfaces() {
    return this.parts.columns.map((c) => c.surface)
  }

  smallSurfaces() {
    return this.parts.lanes.map((l) => l.surface)
  }

  refresh() {
    this.colors = this.themed()
    this.parts.update()
    this.parts.scrub.value = this.view.frame
    this.paint()
    for (const { map, surface } of this.parts.lanes) paintLane(this, map, surface)
  }

  paint() {
    const { frame } = this.view, { token } = this.focus, { grid } = this.message.header
    for (const { map, surface } of this.parts.columns) {
      underMap(surface, this.pictures, frame, map ? this.display.opacity : 0)
      if (map) {
        const { plus, minus } = map.sides(frame), look = { ...this.display, top: map.top || 1 }
        heat(surface, grid, plus, { ...look, lut: map.plus })
        heat(surface, grid, minus, { ...look, lut: map.minus })
      }
      if (this.display.grid) gridLines(surface, grid, 0)
      // Around the patch, or its frame would hide the colour of a small one.
      outlineCell(surface.ctx, surface.cell(grid, token), { width: 2, inset: -2 })
      if (this.preview !== null) outlinePreview(surface.ctx, surface.cell(grid, this.preview))
    }
    this.paintWords()
  }

  notice() {
    const blank = this.maps.filter((map) => !map.total).map((map) => map.name)
    return blank.length ? `${blank.join(" and ")}: zero everywhere, so nothing is lit.` : ""
  }

  readout() {
    const { frame } = this.view, { token } = this.focus, { grid } = this.message.header, one = this.maps.length === 1
    const where = caption(`Frame ${frame}, ${patchName(token, grid)}`)
    const facts = this.maps.map((map) => {
      const { value, share, even, rank } = map.at(frame, token)
      return el("section", { class: "fact" }, !one && caption(map.name),
        el("div", { class: "figure" }, el("strong", { text: number(value, map.signed) }),
          el("span", { text: value < 0 ? map.down : value > 0 ? map.up : "nothing" })),
        el("p", { class: "quiet", text: `${percent(share)} of the clip’s total, ${number(even)} × an even share, rank ${rank} of ${map.values.length}` }),
        el("p", { class: "quiet", text: `Its frame holds ${percent(map.shareOf(frame))} of the total.` }))
    })
    return [el("section", {}, where), ...facts, ...(one ? [this.list(this.maps[0])] : [])]
  }

  list(map) {
    const { frame } = this.view, { grid } = this.message.header, best = map.strongest(frame)
    if (map.isEven(frame)) return el("p", { class: "quiet", text: "All patches of this frame have the same value." })
    const most = best.length ? Math.abs(map.at(frame, best[0]).value) : 1
    return ranking("Strongest in this frame", best.map((token) => {
      const { value } = map.at(frame, token)
      return { name: patchName(token, grid), text: number(value, map.signed), share: Math.abs(value) / most }
    }), "Nothing in this frame.")
  }

  say() {
    const { frame, token } = this.view, { grid } = this.message.header
    const each = this.maps.map((map) => {
      const { value, share } = map.at(frame, token)
      return `${map.name} ${number(value, map.signed)}, ${percent(share)} of the total`
    })
    return `Frame ${frame}, ${patchName(token, grid)}: ${each.join("; ")}.`
  }
}
