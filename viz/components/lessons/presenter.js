// A lesson before a class: keys and buttons that turn its panels, one at a time. In a lesson that is
// not presented it only brings the page to the step that the address names.

import { button, el } from "../player/dom.js"

const TURNS = { ArrowRight: 1, ArrowLeft: -1, PageDown: 1, PageUp: -1 }
const TEXT = 'textarea, select, input:not([type="range"], [type="radio"], [type="checkbox"]), [contenteditable="true"], [role="combobox"], [role="listbox"], [role="option"]'
const ARROWS = `${TEXT}, input, canvas, video, [role="slider"], [role="application"], [role="radio"], [role="radiogroup"], [role="tab"], [role="menuitem"], [role="grid"]`
const OPEN = '[data-testid="stPopoverBody"], [data-testid="stSelectboxVirtualDropdown"], [role="dialog"], [role="listbox"], [role="menu"]'
const SETTLING_MS = 4000 // live parts above a step grow while they are drawn

class Presenter {
  constructor(root) {
    this.root = root
    this.count = el("span", { class: "count", role: "status" })
    this.back = button({ text: "‹ Back", onclick: () => this.turn(-1) })
    this.next = button({ class: "next", text: "Next ›", onclick: () => this.turn(1) })
    const leave = button({ text: "Leave", title: "Leave (Escape)", onclick: () => this.send("leave") })
    this.bar = el("nav", { class: "presenter", "aria-label": "Panels of the lesson" }, leave, el("span", { class: "keys", text: "← → or a clicker turn, Esc leaves" }), this.back, this.count, this.next)
    root.replaceChildren(el("div", { class: "player" }, this.bar))
    // Clickers send the page keys, which are taken before a slider that was moved last can have them.
    this.listeners = [[(event) => event.key.startsWith("Page") && this.pressed(event), true], [(event) => !event.key.startsWith("Page") && this.pressed(event), false]]
    for (const [heard, capture] of this.listeners) window.addEventListener("keydown", heard, capture)
  }

  show({ presenting, at, of, anchor }) {
    Object.assign(this, { presenting, at, of })
    this.bar.hidden = !presenting
    this.draw()
    if (!presenting && anchor && this.anchor !== anchor) this.bring(anchor)
    this.anchor = presenting ? "" : anchor
  }

  draw() {
    this.count.textContent = `${this.at} of ${this.of}`
    this.back.disabled = this.at <= 1
    this.next.disabled = this.at >= this.of
  }

  turn(by) {
    const to = Math.max(1, Math.min(this.of, this.at + by))
    if (to === this.at) return
    this.at = to // so that a second press before the page has followed goes on from here
    this.draw()
    this.send(to)
  }

  pressed(event) {
    if (!this.root.isConnected) return this.listeners.forEach(([heard, capture]) => window.removeEventListener("keydown", heard, capture))
    const { key } = event, turn = TURNS[key], on = event.composedPath()[0]
    if (!this.presenting || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return
    const within = (kinds) => on instanceof Element && on.closest(kinds) !== null
    if (turn && !within(key.startsWith("Page") ? TEXT : ARROWS)) {
      event.preventDefault()
      event.stopPropagation()
      if (within(ARROWS)) on.blur() // the next key turns, too
      this.turn(turn)
    }
    if (key !== "Escape" || document.querySelector(OPEN)) return
    if (within(TEXT)) on.blur()
    else this.send("leave")
  }

  // Scroll to a heading, and again while the page grows, unless the reader takes over.
  bring(anchor) {
    const to = () => document.getElementById(anchor)?.scrollIntoView({ block: "start" })
    const main = document.querySelector('[data-testid="stMainBlockContainer"]') ?? document.body
    const watch = new ResizeObserver(to), hands = ["wheel", "touchstart", "pointerdown", "keydown"]
    const stop = () => {
      watch.disconnect()
      hands.forEach((name) => window.removeEventListener(name, stop))
    }
    hands.forEach((name) => window.addEventListener(name, stop, { passive: true }))
    watch.observe(main)
    to()
    setTimeout(stop, SETTLING_MS)
  }
}

const mounted = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".sct-player")
  if (!mounted.has(root)) mounted.set(root, new Presenter(root))
  const shown = mounted.get(root)
  shown.send = (panel) => setTriggerValue("go", panel)
  shown.show(data)
}
