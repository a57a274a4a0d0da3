// Clips that were looked at: a click goes back to one, its cross takes it out.

import { button, el, icon } from "../player/dom.js"
import { mounter } from "../player/mounting.js"

class Tray {
  constructor(root) {
    this.root = root
    this.acts = 0 // so that the same click twice is told twice
  }

  show({ clips, shown }) {
    const held = [...this.root.querySelectorAll("button")].indexOf(document.activeElement)
    const cards = clips.map(({ key, name, src }) => {
      const own = key === shown
      const open = button({ class: "clip", title: name, "aria-label": name, "aria-pressed": String(own), onclick: () => this.tell(key) },
        el("img", { src, alt: "" }), el("span", { class: "name", text: name }))
      const drop = own ? null : button({ class: "drop", title: "Take out of this list", "aria-label": `Take ${name} out of this list`,
        onclick: () => this.tell(key, true) }, icon("0 0 24 24", [["path", { d: "M6 6l12 12M18 6L6 18" }]]))
      return el("li", {}, open, drop)
    })
    this.root.replaceChildren(el("ul", { class: "tray", role: "list", "aria-label": "Recent clips" }, ...cards))
    if (held >= 0) this.root.querySelectorAll("button")[held]?.focus()
  }

  tell(clip, drop = false) {
    this.acts += 1
    this.send({ clip, drop, acts: this.acts, at: Date.now() })
  }
}

export default mounter(Tray, "act", "The tray")
