// The whole of a video: pictures of it, the window that the model is given, which can be dragged and
// stretched, and what the model answers all along. Texts come from outside and are set as text.

import { el, percent } from "../player/dom.js"
import { mounter } from "../player/mounting.js"
import { bandAt, edgesOf, paint } from "./bands.js"
import { bounded, keyed, seconds } from "./window.js"

class Timeline {
  constructor(root) {
    this.root = root
    this.edit = 0
    new ResizeObserver(() => this.draw()).observe(root)
  }

  show(data) {
    if (this.held) {
      this.late = data // not under the hand of who drags
      return
    }
    const same = this.data?.subject === data.subject
    if (same && data.edit < this.edit) return // the answer to an earlier change: a newer one is on its way
    const { subject, duration, thumbs, rows } = data, drawn = JSON.stringify({ subject, duration, thumbs, rows })
    this.edit = data.edit
    this.data = data
    this.at = { start: data.start, stride: data.stride }
    if (drawn !== this.drawn) this.build()
    this.drawn = drawn
    this.place()
    this.hover()
    this.draw()
  }

  build() {
    const { thumbs, rows, duration, frames } = this.data
    this.strip = el("div", { class: "thumbs" }, ...thumbs.map((src) => el("img", { src, alt: "", draggable: "false" })))
    this.grip = el("div", { class: "grip", role: "slider", tabindex: "0", "aria-label": "Seconds from frame to frame", title: "Drag to stretch: frames lie further apart" })
    this.window = el("div", { class: "window", role: "slider", tabindex: "0", "aria-label": "Start of the window that the model is given", title: `The ${frames} frames that the model is given: drag it` })
    this.line = el("div", { class: "line" })
    this.canvases = rows.map((row) => el("canvas", { class: "bands", role: "img", "aria-label": row.said }))
    const bands = rows.flatMap((row, i) => [el("div", { class: "over" }, el("p", { class: "caption", text: row.title }), this.legend(row)), this.canvases[i]])
    this.track = el("div", { class: "track" }, this.strip, this.window, this.grip, this.line)
    this.told = el("p", { class: "told", "aria-live": "polite" })
    this.root.replaceChildren(el("div", { class: "timeline" }, this.track, axis(duration), this.told, ...bands))
    this.track.onpointerdown = (event) => this.grab(event)
    this.window.onkeydown = (event) => this.key(event, false)
    this.grip.onkeydown = (event) => this.key(event, true)
    this.canvases.forEach((canvas, i) => {
      canvas.onpointermove = (event) => this.hover(event, i)
      canvas.onpointerleave = () => this.hover()
      canvas.onclick = (event) => this.jump(this.timeAt(event, canvas))
    })
  }

  // The labels that are the answer somewhere, each with its colour.
  legend(row) {
    const chips = row.shown.map((i) => {
      const sign = el("i")
      sign.style.background = row.colours[i]
      return el("span", {}, sign, el("span", { text: row.labels[i] }))
    })
    if (row.sure.includes(false)) chips.push(el("span", {}, el("i", { class: "hatched" }), el("span", { text: "not sure" })))
    return el("div", { class: "key" }, ...chips)
  }

  place() {
    const { duration, frames } = this.data, { start, stride } = this.at, length = frames * stride
    this.window.style.left = `${(start / duration) * 100}%`
    this.window.style.width = `${Math.max(0, Math.min(1 - start / duration, length / duration)) * 100}%`
    this.grip.style.left = `${Math.min(1, (start + length) / duration) * 100}%`
    this.window.setAttribute("aria-valuemin", 0)
    this.window.setAttribute("aria-valuemax", Math.max(0, duration - length).toFixed(2))
    this.window.setAttribute("aria-valuenow", start.toFixed(2))
    this.window.setAttribute("aria-valuetext", `${seconds(start)} to ${seconds(start + length)}`)
    this.grip.setAttribute("aria-valuemin", 0.01)
    this.grip.setAttribute("aria-valuemax", 10)
    this.grip.setAttribute("aria-valuenow", stride.toFixed(2))
    this.grip.setAttribute("aria-valuetext", seconds(stride))
  }

  draw() {
    if (!this.data) return
    this.canvases.forEach((canvas, i) => paint(canvas, this.data.rows[i], this.edges()))
  }

  edges() {
    return edgesOf(this.data).map((second) => second / this.data.duration)
  }

  timeAt(event, node) {
    const box = node.getBoundingClientRect()
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.data.duration
  }

  // Without a place it says where the window is.
  hover(event, row) {
    const { rows, starts, span, frames } = this.data
    if (!event) {
      const { start, stride } = this.at
      this.line.hidden = true
      this.told.textContent = `${seconds(start)} to ${seconds(start + frames * stride)}: ${frames} frames, one every ${seconds(stride)}`
      return
    }
    const at = this.timeAt(event, this.canvases[row]), i = bandAt(edgesOf(this.data), at)
    this.line.hidden = false
    this.line.style.left = `${(at / this.data.duration) * 100}%`
    const said = rows.map(({ name, labels, best, shares, sure }) => {
      const label = `${name} ${labels[best[i]]}`.trim()
      return `${label} ${percent(shares[i][best[i]])}${sure[i] === false ? ", not sure" : ""}`
    })
    this.told.textContent = `${seconds(starts[i])} to ${seconds(starts[i] + span)}: ${said.join(" · ")}. Click to look there.`
  }

  // To the window that answered there, so that the page shows that very answer.
  jump(second) {
    const { starts, slid } = this.data
    this.at = { start: starts[bandAt(edgesOf(this.data), second)], stride: slid } // as it is, not rounded
    this.place()
    this.tell()
  }

  grab(event) {
    if (event.button !== 0 || this.data.fixed) return
    event.preventDefault()
    const stretches = event.target === this.grip, on = stretches || event.target === this.window
    const from = this.timeAt(event, this.track), was = { ...this.at }
    ;(stretches ? this.grip : this.window).focus()
    if (!on) this.change({ start: from - (this.data.frames * was.stride) / 2, stride: was.stride })
    const base = on ? was : { ...this.at }
    this.held = true
    const move = (moved) => {
      const by = this.timeAt(moved, this.track) - from
      this.change(stretches ? { start: base.start, stride: base.stride + by / this.data.frames } : { start: base.start + by, stride: base.stride })
    }
    const done = () => {
      removeEventListener("pointermove", move)
      removeEventListener("pointerup", done)
      removeEventListener("pointercancel", done)
      this.held = false
      const late = this.late
      this.late = null
      if (this.at.start !== was.start || this.at.stride !== was.stride) this.tell()
      else if (late) this.show(late)
    }
    addEventListener("pointermove", move)
    addEventListener("pointerup", done)
    addEventListener("pointercancel", done)
  }

  key(event, stretches) {
    const next = keyed(event, this.at, stretches, this.data)
    if (!next) return
    event.preventDefault()
    event.stopPropagation()
    this.change(next)
    // A key that is held down asks once, when it is let go.
    this.held = true
    clearTimeout(this.waiting)
    this.waiting = setTimeout(() => {
      this.held = false
      this.late = null // the answer to what is told comes after it
      this.tell()
    }, 250)
  }

  change(wanted) {
    this.at = bounded(wanted, this.data)
    this.place()
    this.hover()
  }

  tell() {
    this.edit += 1
    this.send({ ...this.at, edit: this.edit })
  }
}

function axis(duration) {
  const step = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600].find((each) => duration / each <= 8) ?? 1200
  const marks = []
  for (let at = 0; at <= duration; at += step) {
    const mark = el("span", { text: seconds(at) })
    mark.style.left = `${(at / duration) * 100}%`
    marks.push(mark)
  }
  return el("div", { class: "axis", "aria-hidden": "true" }, ...marks)
}

export default mounter(Timeline, "window", "The timeline")
