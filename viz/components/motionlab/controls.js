// The controls of the Motion lab. A slider speaks when it is let go of, not while it is dragged.

import { button, el, segments } from "../player/dom.js"
import { mounter } from "../player/mounting.js"
import { Pad } from "./pad.js"

const SETTLE_MS = 120 // a run of arrow keys on a slider is one change
const CAMERA = [
  ["pan left", "←"], ["pan right", "→"], ["tilt up", "↑"], ["tilt down", "↓"], ["zoom in", "⤢"], ["zoom out", "⤡"],
  ["roll clockwise", "↻"], ["roll counter-clockwise", "↺"], ["static", "•"], ["camera path", "✎"],
]
const OBJECT = [
  ["object moves left", "←"], ["object moves right", "→"], ["object moves up", "↑"], ["object moves down", "↓"],
  ["object comes closer", "⤢"], ["object goes away", "⤡"], ["object spins clockwise", "↻"],
  ["object spins counter-clockwise", "↺"], ["object path", "✎"],
]
// What takes its place when the camera gives way to the object.
const TWINS = Object.fromEntries([[0, 0], [1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [6, 6], [7, 7], [9, 8]]
  .flatMap(([c, o]) => [[CAMERA[c][0], OBJECT[o][0]], [OBJECT[o][0], CAMERA[c][0]]]))
const SHORT = { static: "still", "camera path": "draw", "object path": "draw", "roll counter-clockwise": "roll ccw",
  "roll clockwise": "roll cw", "object spins clockwise": "spin cw", "object spins counter-clockwise": "spin ccw",
  "object comes closer": "closer", "object goes away": "away" }
const shortly = (moves) => SHORT[moves] ?? moves.replace("object moves ", "")
const plain = (v) => String(Math.round(v * 100) / 100)
const listed = (items) => (items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`)
const stagesOf = (sights) => `stage${sights.length > 1 ? "s" : ""} ${listed(sights.map((s) => s.stage))}`

class Controls {
  constructor(root) {
    this.root = root
    this.edit = -1
    this.paths = {}
    this.who = segments("What moves", [{ id: "camera", text: "Camera" }, { id: "object", text: "Object" }], (id) => this.become(id))
    this.how = el("div", { class: "how", role: "group", "aria-label": "How it moves" })
    this.help = el("p", { class: "quiet" })
    this.speed = range("Speed", (i) => `${plain(this.stops[i])} pixels a frame`, (i) => this.put({ speed: this.stops[i] }), () => this.tokens())
    this.marks = el("div", { class: "marks", "aria-hidden": "true" })
    this.inTokens = el("p", { class: "quiet", role: "status" })
    this.speedBox = el("div", { class: "speed" }, this.speed.box, this.marks)
    this.pad = new Pad((path) => this.put({ path }))
    this.texture = el("select", { "aria-label": "Texture", onchange: () => this.put({ texture: this.texture.value }) })
    this.noise = range("Noise", (v) => `${v} of 255 grey levels`, (noise) => this.put({ noise }))
    this.shake = range("Shake", (v) => `${plain(v)} pixels`, (shake) => this.put({ shake }))
    this.fence = range("Fence in front", (v) => `hides ${v} %`, (v) => this.put({ occlusion: v / 100 }))
    this.seed = el("input", { type: "number", min: 0, max: 999999, step: 1, "aria-label": "Scene number",
      onchange: () => this.put({ seed: Math.max(0, Math.min(999999, Math.round(+this.seed.value) || 0)) }) })
    const other = button({ class: "plain", text: "Another scene",
      onclick: () => this.put({ seed: (this.shot.seed + 1) % 1000000 }) })
    const scene = el("label", { class: "line" }, el("span", { text: "Scene" }), this.seed)
    root.replaceChildren(el("div", { class: "controls" },
      part("What moves", this.who.group, this.how, this.help, this.pad.box),
      part("How fast", this.speedBox, this.inTokens),
      part("Over what", el("label", { class: "line" }, el("span", { text: "Texture" }), this.texture), el("div", { class: "row" }, scene, other)),
      part("What disturbs", this.noise.box, this.shake.box, this.fence.box)))
    this.fast = this.speedBox.parentElement
  }

  // New data. What was changed here since it was made counts more than it.
  show(data) {
    if (this.data && data.edit < this.edit) {
      this.data = { ...data, shot: this.shot }
      return
    }
    this.data = data
    this.edit = Math.max(this.edit, data.edit)
    this.shot = structuredClone(data.shot)
    if (this.shot.path.length) this.paths[this.shot.moves] = this.shot.path
    this.refresh()
  }

  get stops() {
    return this.data.moves[this.shot.moves].stops
  }

  become(who) {
    const object = this.shot.moves.startsWith("object")
    if (object !== (who === "object")) this.choose(TWINS[this.shot.moves] ?? OBJECT[0][0])
  }

  // Another motion: as fast as it was, if it can be.
  choose(moves) {
    const { stops } = this.data.moves[moves], drawn = moves.endsWith(" path")
    const speed = stops.length ? Math.min(this.shot.speed, stops[stops.length - 1]) : this.shot.speed
    const path = drawn ? this.paths[moves] ?? [[20, 50], [80, 50]] : []
    this.put({ moves, speed, path })
  }

  put(part) {
    Object.assign(this.shot, part)
    if (this.shot.path.length) this.paths[this.shot.moves] = this.shot.path
    this.edit += 1
    performance.mark("sct-lab-change")
    this.refresh()
    this.send({ ...this.shot, edit: this.edit })
  }

  refresh() {
    const { shot, data } = this, object = shot.moves.startsWith("object"), drawn = shot.moves.endsWith(" path")
    this.who.set(object ? "object" : "camera")
    const choices = object ? OBJECT : CAMERA
    if (this.listed !== object) {
      this.listed = object
      this.how.replaceChildren(...choices.map(([moves, sign]) =>
        button({ "data-moves": moves, title: moves, onclick: () => this.choose(moves) },
          el("span", { class: "sign", text: sign, "aria-hidden": "true" }), el("span", { text: shortly(moves) }))))
    }
    for (const one of this.how.children) one.setAttribute("aria-pressed", String(one.dataset.moves === shot.moves))
    this.help.textContent = data.moves[shot.moves].help
    this.pad.box.hidden = !drawn
    if (drawn) this.pad.show(shot.path, data.picture, { ...data.path, frames: data.frames })
    this.speedBox.hidden = !this.stops.length
    this.fast.hidden = shot.moves === "static"
    if (this.stops.length) this.speed.set(nearest(this.stops, shot.speed), { min: 0, max: this.stops.length - 1, step: 1 })
    this.noise.set(shot.noise, { min: 0, max: 80, step: 1 })
    this.shake.set(shot.shake, { min: 0, max: 8, step: 0.25 })
    this.fence.set(Math.round(shot.occlusion * 100), { min: 0, max: 80, step: 5 })
    this.texture.replaceChildren(...data.textures.map(({ id, text }) => el("option", { value: id, text, selected: id === shot.texture })))
    this.seed.value = shot.seed
    this.tokens()
    this.mark()
  }

  // The speed in tokens of each stage; stages with tokens of one size are said together.
  tokens() {
    const drawn = this.shot.moves.endsWith(" path"), { sights, pace } = this.data
    const speed = drawn ? pace : this.stops[+this.speed.input.value] ?? 0
    const sizes = [...new Set(sights.map((s) => s.token))]
    const said = sizes.map((size) => `${plain(speed / size)} in ${stagesOf(sights.filter((s) => s.token === size))}`)
    this.inTokens.textContent = `${drawn ? `${plain(speed)} pixels a frame. ` : ""}In tokens a frame: ${said.join(", ")}.`
  }

  // Where a pan or tilt carries everything out of the window of a stage.
  mark() {
    const shifts = /^(pan|tilt)/.test(this.shot.moves), top = this.stops[this.stops.length - 1]
    const speeds = shifts ? [...new Set(this.data.sights.map((s) => s.leaves))].filter((v) => v && v <= top) : []
    this.marks.replaceChildren(...speeds.map((speed) => {
      const stages = stagesOf(this.data.sights.filter((s) => s.leaves === speed))
      const node = el("span", { text: `${plain(speed)}: no match left in ${stages}` })
      node.style.setProperty("--at", nearest(this.stops, speed) / (this.stops.length - 1))
      return node
    }))
    this.marks.hidden = !speeds.length
  }
}

function part(title, ...children) {
  return el("section", { role: "group", "aria-label": title }, el("p", { class: "caption", text: title }), ...children)
}

function nearest(stops, value) {
  return stops.reduce((best, v, i) => (Math.abs(v - value) < Math.abs(stops[best] - value) ? i : best), 0)
}

// A slider; `done(value)` when it is let go of, `moving()` while it is dragged.
function range(label, show, done, moving = () => {}) {
  const input = el("input", { type: "range", "aria-label": label }), out = el("output")
  let told = null, keys = 0, pressed = false
  const say = () => {
    out.textContent = show(+input.value)
    input.setAttribute("aria-valuetext", out.textContent)
  }
  const tell = () => {
    if (input.value === told) return
    told = input.value
    done(+input.value)
  }
  input.oninput = () => {
    say()
    moving()
  }
  input.onkeydown = () => { pressed = true }
  input.onpointerdown = () => { pressed = false }
  input.onchange = () => {
    clearTimeout(keys)
    if (pressed) keys = setTimeout(tell, SETTLE_MS)
    else tell()
  }
  const set = (value, { min, max, step }) => {
    Object.assign(input, { min, max, step })
    input.value = value
    told = input.value
    say()
  }
  return { input, set, box: el("label", { class: "slider" }, el("span", { text: label }), out, input) }
}

export default mounter(Controls, "shot")
