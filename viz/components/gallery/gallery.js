// Samples as thumbnails that play under the pointer and in the focus. Arrow keys go from one to the next.

import { button, el, segments } from "../player/dom.js"
import { mounter } from "../player/mounting.js"
import { beyond, stepOf } from "../player/pointing.js"

class Gallery {
  constructor(root) {
    this.root = root
  }

  show(data) {
    const told = JSON.stringify(data.groups)
    if (this.told !== told) this.build(data)
    this.told = told
    // A choice made elsewhere, such as by a link, is to be seen.
    if (this.chosen !== data.chosen) this.open(this.groupOf(data.chosen))
    this.mark(data.chosen)
  }

  build({ groups, frames }) {
    this.cards = new Map()
    const bar = segments("Kind of sample", groups, (id) => this.open(id))
    this.set = bar.set
    this.grids = groups.map(({ id, text, rows }) => {
      const grid = el("div", { role: "group", "aria-label": `Samples: ${text}`, "data-id": id, onkeydown: (event) => this.key(event) })
      for (const { title, samples } of rows) {
        if (title) grid.append(el("p", { class: "caption", text: title }))
        grid.append(el("div", { class: "samples" }, ...samples.map((sample) => this.card(sample, id, frames))))
      }
      return grid
    })
    this.root.replaceChildren(el("div", { class: "gallery" }, bar.group, ...this.grids))
  }

  card({ name, text, seen, src }, group, frames) {
    const pic = el("span", { class: "pic" })
    pic.style.setProperty("--frames", frames)
    const card = button({ class: "sample", title: seen, "aria-label": name, onclick: () => this.choose(name) }, pic, el("span", { class: "name", text }))
    this.cards.set(name, { card, pic, src, group })
    return card
  }

  groupOf(name) {
    return this.cards.get(name)?.group ?? this.grids[0].dataset.id
  }

  // Only pictures of the group on show are asked for.
  open(id) {
    this.set(id)
    for (const grid of this.grids) grid.hidden = grid.dataset.id !== id
    for (const { pic, src, group } of this.cards.values()) {
      if (group === id) pic.style.backgroundImage = `url("${src}")`
    }
    this.group = id
    this.reachable()
  }

  mark(name) {
    this.chosen = name
    for (const [each, { card }] of this.cards) card.setAttribute("aria-pressed", String(each === name))
    this.reachable()
  }

  choose(name) {
    if (name === this.chosen) return
    this.mark(name)
    this.send(name)
  }

  // The cards of the group on show.
  shown() {
    return [...this.cards.values()].filter(({ group }) => group === this.group).map(({ card }) => card)
  }

  // One card of a group is in the order of the Tab key: the chosen one, or the first.
  reachable(focused) {
    const cards = this.shown()
    const at = focused ?? cards.find((card) => card.getAttribute("aria-pressed") === "true") ?? cards[0]
    for (const card of cards) card.tabIndex = card === at ? 0 : -1
  }

  key(event) {
    const step = stepOf(event), cards = this.shown(), at = cards.indexOf(event.target)
    if (!step || at < 0) return
    event.preventDefault()
    const next = step[1] ? cards[at + step[1]] : beyond(cards, at, step[0])
    if (!next) return
    this.reachable(next)
    next.focus()
  }
}

export default mounter(Gallery, "sample", "The gallery")
