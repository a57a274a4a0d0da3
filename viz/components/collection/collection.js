// Clips of a collection as cards, which play under the pointer and in the focus, and open on a click;
// or, for labelling, one at a time.

import { el } from "../player/dom.js"
import { sameBytes, unpack } from "../player/message.js"
import { mounter } from "../player/mounting.js"
import { beyond, stepOf } from "../player/pointing.js"
import { badgesOf, mineOf, fileOf, said } from "./cards.js"
import { Film } from "./film.js"
import { Labelling } from "./labelling.js"

class Collection {
  constructor(root) {
    this.root = root
    this.edit = 0
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)")
    this.labelling = new Labelling(this)
    // Whoever leaves the page, or looks away, has what they said sent at once.
    window.addEventListener("pagehide", () => this.labelling.send())
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.labelling.send())
  }

  async show(bytes) {
    if (this.bytes && sameBytes(this.bytes, bytes)) return
    const message = unpack(bytes), { header } = message
    this.bytes = bytes
    // What was said on a page is newer than what comes back of it.
    if (header.labelling && this.subject === header.subject) return
    if (this.subject && this.subject !== header.subject) this.labelling.send()
    const first = this.subject === undefined, focused = this.root.contains(document.activeElement)
    this.subject = header.subject
    this.header = header
    this.resize?.disconnect()
    if (header.labelling) {
      this.root.replaceChildren(this.labelling.build(message))
      if (!first || focused) this.labelling.box.focus({ preventScroll: true })
      return
    }
    this.films = header.cards.map((card, i) => this.card(card, i, message))
    const grid = el("div", { class: "grid", role: "list", "aria-label": "Clips", onkeydown: (event) => this.key(event) }, ...this.films.map(({ node }) => node))
    this.root.replaceChildren(grid)
    this.reachable(this.links()[0])
    this.resize = new ResizeObserver(() => this.films.forEach(({ film }) => film.paint(false)))
    this.resize.observe(grid)
    await Promise.all(this.films.map(({ film }) => film.load()))
  }

  card(card, i, { header, parts }) {
    const canvas = el("canvas", { class: "film", width: 1, height: 1, "aria-hidden": "true" })
    const film = new Film(canvas, parts[`strip${i}`], parts[`arrows${i}`], card, header)
    const colour = header.colours[header.labels.indexOf(card.label)] ?? header.colours[0]
    const picture = el("span", { class: `pic ${card.error ? "broken" : ""}` }, canvas)
    // The badges, which lie over the picture, come last: as they are read, they follow the answer.
    const inside = [picture, ...said(card, colour), mineOf(card.mine ?? "", card.label),
      el("span", { class: "from" }, fileOf(card.file), el("span", { text: card.when ?? "" })),
      el("span", { class: "badges" }, ...badgesOf(card))]
    if (card.error) return { film, node: el("div", { class: "card", role: "listitem" }, ...inside) }
    const link = el("a", { class: "open", href: card.link }, ...inside)
    link.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return // a page of its own
      event.preventDefault()
      this.tell({ open: i })
    }
    const begin = () => this.still.matches ? film.paint(true) : film.play()
    link.onpointerenter = link.onfocus = begin
    link.onpointerleave = () => link !== document.activeElement && film.stop()
    link.onblur = () => film.stop()
    link.film = film
    return { film, node: el("div", { class: "card", role: "listitem" }, link) }
  }

  tell(part) {
    this.edit += 1
    this.send({ subject: this.subject, edit: `${Date.now()}.${this.edit}`, labels: this.labelling.told(), ...part })
  }

  links() {
    return [...this.root.querySelectorAll("a.open")]
  }

  // One card is in the order of the Tab key; arrow keys go from it to the others.
  reachable(at) {
    for (const link of this.links()) link.tabIndex = link === at ? 0 : -1
  }

  key(event) {
    const links = this.links(), at = links.indexOf(event.target), step = stepOf(event)
    if (at < 0) return
    if (event.key === " ") {
      const { film } = links[at]
      if (film.playing) film.stop()
      else film.play()
    } else if (step) {
      const next = step[1] ? links[at + step[1]] : beyond(links, at, step[0])
      if (!next) return
      this.reachable(next)
      next.focus()
    } else return
    event.preventDefault()
  }
}

export default mounter(Collection, "told", "The grid")
