// A report: both players, fed from what lies in this very file.

import { el, segments } from "../components/player/dom.js"
import { unpack } from "../components/player/message.js"
import { Player } from "../components/player/player.js"

const shared = unpack(bytesOf("shared")) // the pictures, which all messages lack

// A kind of attention: a player of one stage, and the choice of stages above it.
class Chapter {
  constructor(kind, { stages, open }) {
    const place = document.getElementById(kind)
    this.stages = stages
    this.room = place.querySelector(".room")
    this.about = place.querySelector(".about")
    this.pinned = new Map() // the patch that is pinned on each stage's grid
    const names = stages.map(({ stage }) => ({ id: stage, text: `Stage ${stage}` }))
    this.picker = segments("Stage", names, (stage) => this.open(stage))
    place.querySelector(".picker").append(this.picker.group)
    this.open(open)
  }

  // Another stage has another grid and other heads: a player of its own, in the same mode and frame.
  async open(stage) {
    const { id, text } = this.stages.find((s) => s.stage === stage), before = this.player
    const view = before?.view && { ...before.view, ...before.rowColumn() }
    if (view) {
      before.play(false)
      this.pinned.set(this.stage, view)
    }
    this.stage = stage
    this.picker.set(stage)
    this.about.textContent = text
    const root = el("div", { class: "sct-player" })
    this.room.style.minHeight = `${this.room.offsetHeight}px` // the page must not jump meanwhile
    this.room.replaceChildren(root)
    this.room.hidden = !id
    const player = this.player = id ? new Player(root, () => {}) : null
    if (player && view) player.display = { ...before.display, top: null, threshold: 0 }
    if (player) await player.show(bytesOf(id), shared).catch((error) => {
      root.textContent = `The player could not be drawn: ${error.message}`
    })
    this.room.style.minHeight = ""
    if (view && player?.view) {
      const { mode, frame, head, look, round } = view, at = this.pinned.get(stage)
      const patch = at && { token: at.row * player.message.header.grid + at.column }
      player.change({ mode, frame, head, look, round, ...patch })
    }
  }
}

function bytesOf(id) {
  const text = atob(document.getElementById(id).textContent), out = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i)
  return out
}

const told = JSON.parse(document.getElementById("told").textContent)
const chapters = Object.entries(told).map(([kind, what]) => new Chapter(kind, what))
// What is painted on canvases does not follow the colours of the page by itself.
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const { player } of chapters) if (player?.view) player.refresh()
})
