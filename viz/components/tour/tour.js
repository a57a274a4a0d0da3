// What a page is, for who sees it first, and a tour of its parts that can be left and begun again. That
// it was hidden is kept in this browser alone.

import { button, el } from "../player/dom.js"
import { mounter } from "../player/mounting.js"

const GAP = 12 // pixels between a part and what is said of it

class Tour {
  constructor(root) {
    this.root = root
    this.at = -1
  }

  show(data) {
    if (JSON.stringify(data) === JSON.stringify(this.data)) return
    this.data = data
    this.build()
  }

  get key() {
    return `sct-tour-${this.data.name}`
  }

  // A browser that keeps nothing shows it each time.
  hidden(set) {
    try {
      if (set !== undefined) localStorage.setItem(this.key, set ? "hidden" : "")
      return localStorage.getItem(this.key) === "hidden"
    } catch {
      return set === true
    }
  }

  build() {
    const { about, steps } = this.data
    const take = button({ class: "take", text: `Take the tour (${steps.length} steps)`, onclick: () => this.go(0) })
    const hide = button({ class: "plain", text: "Hide", "aria-label": "Hide what this is", onclick: () => this.fold(true) })
    const more = button({ class: "plain", text: "What is this?", onclick: () => this.fold(false) })
    const again = button({ class: "plain", text: "Tour", onclick: () => this.go(0) })
    this.open = el("div", { class: "about" }, el("p", { text: about }), el("div", { class: "buttons" }, take, hide))
    this.folded = el("div", { class: "folded" }, more, again)
    this.ring = el("div", { class: "ring", popover: "manual" })
    this.card = el("div", { class: "card", popover: "manual", role: "dialog", "aria-label": "Tour of this page", tabindex: "-1" })
    this.card.onkeydown = (event) => this.keyed(event)
    this.root.replaceChildren(el("div", { class: "tour" }, this.open, this.folded, this.ring, this.card))
    this.fold(this.hidden(), false)
  }

  fold(folded, keep = true) {
    if (keep) this.hidden(folded)
    this.open.hidden = folded
    this.folded.hidden = !folded
  }

  keyed(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (event.key === "Escape") this.end()
    else if (by) this.go(Math.max(0, this.at + by))
    else return
    event.preventDefault()
  }

  go(at) {
    const { steps } = this.data
    if (at >= steps.length) return this.end()
    if (this.at < 0) this.back = this.root.getRootNode().activeElement
    this.at = at
    const { title, text } = steps[at], last = at === steps.length - 1
    const next = button({ class: "take", text: last ? "Done" : "Next", onclick: () => this.go(at + 1) })
    this.card.replaceChildren(
      el("p", { class: "count", text: `${at + 1} of ${steps.length}` }), el("p", { class: "title", text: title }), el("p", { text }),
      el("div", { class: "buttons" }, next, at > 0 && button({ class: "plain", text: "Back", onclick: () => this.go(at - 1) }),
        !last && button({ class: "plain", text: "Skip the tour", onclick: () => this.end() })))
    for (const node of [this.ring, this.card]) if (!node.matches(":popover-open")) node.showPopover()
    this.part?.scrollIntoView({ block: "nearest" })
    this.follow()
    next.focus({ preventScroll: true })
  }

  // What the step is about, if it can be seen.
  get part() {
    const found = [...document.querySelectorAll(this.data.steps[this.at].selector)].find((node) => node.checkVisibility())
    const box = found?.getBoundingClientRect()
    return box && box.width > 0 && box.right > 0 ? found : undefined
  }

  // Beside the part for as long as the page moves under it.
  follow() {
    cancelAnimationFrame(this.frame)
    if (this.at < 0 || !this.root.isConnected) return
    const box = this.part?.getBoundingClientRect(), card = this.card.getBoundingClientRect()
    const { innerWidth: wide, innerHeight: tall } = window, inside = (at, size, most) => Math.max(GAP, Math.min(most - size - GAP, at))
    let left = (wide - card.width) / 2, top = tall - card.height - 2 * GAP
    this.ring.hidden = !box
    if (box) {
      Object.assign(this.ring.style, { left: `${box.left - 5}px`, top: `${box.top - 5}px`, width: `${box.width + 10}px`, height: `${box.height + 10}px` })
      const sides = [[box.right + 2 * GAP, box.top], [box.left - card.width - 2 * GAP, box.top], [box.left, box.top - card.height - 2 * GAP], [box.left, box.bottom + 2 * GAP]]
      const fits = ([x, y]) => x >= GAP && y >= 0 && x + card.width <= wide - GAP && y + card.height <= tall
      const side = sides.find(fits)
      if (side) [left, top] = side
    }
    Object.assign(this.card.style, { left: `${inside(left, card.width, wide)}px`, top: `${inside(top, card.height, tall)}px` })
    this.frame = requestAnimationFrame(() => this.follow())
  }

  end() {
    this.at = -1
    for (const node of [this.ring, this.card]) if (node.matches(":popover-open")) node.hidePopover()
    this.fold(true) // who has taken it knows what this is
    ;(this.folded.hidden ? this.back : this.folded.lastChild)?.focus()
  }
}

export default mounter(Tour, "nothing", "The tour")
