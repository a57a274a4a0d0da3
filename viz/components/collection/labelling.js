// Labelling by keys: one clip at a time, large and playing, with the page's others in a row below. The
// server is told now and then of what was said of late; nothing waits for it.

import { button, el } from "../player/dom.js"
import { badgesOf, fileOf, words } from "./cards.js"
import { Film } from "./film.js"

const REST_MS = 300 // after which what was said is sent: a server forgets what comes as a tab closes
// How long it is sent again with what follows: of two messages that come at once the server sees the later
// one alone. It is not sent for ever, as a server that was started anew would take it for new.
const AGAIN_MS = 120_000
const SHORTCUTS = ["Control", "Meta", "Alt"] // one of which may close it

export class Labelling {
  // `owner` has `tell(part)`, which sends what is given, the page's subject and `told()`.
  constructor(owner) {
    Object.assign(this, { owner, telling: [], number: 0 })
  }

  build(message) {
    const { header, parts } = message
    Object.assign(this, { header, parts, said: {}, unsent: false, leaving: false, paused: this.owner.still.matches })
    this.places = header.cards.flatMap((card, i) => (card.error ? [] : [i]))
    this.canvas = el("canvas", { class: "film", width: 1, height: 1, "aria-hidden": "true" })
    this.corner = el("span", { class: "badges" })
    this.progress = el("p", { class: "caption" })
    this.from = el("p", { class: "from" })
    this.live = el("p", { class: "live", role: "status" })
    this.choices = header.labels.map((label, k) => {
      const dot = el("i", { class: "dot" })
      dot.style.background = header.colours[k]
      return button({ class: "choice", onclick: () => this.choose(label), "aria-keyshortcuts": header.keys[k] },
        header.keys[k] && el("kbd", { text: header.keys[k].toUpperCase() }), dot, el("span", { class: "label", text: label }), el("small"))
    })
    this.list = el("div", { class: "choices", role: "group", "aria-label": header.asks }, ...this.choices)
    // More answers than there are keys are found by their names.
    this.search = header.labels.length > header.keys.length
      && el("input", { class: "search", type: "search", placeholder: "Search the answers", "aria-label": "Search the answers", oninput: () => this.narrow() })
    this.queue = header.cards.map((card, i) => {
      const canvas = el("canvas", { class: "film", width: 1, height: 1, "aria-hidden": "true" })
      const film = new Film(canvas, parts[`strip${i}`], null, card, header)
      const node = button({ class: "small", disabled: Boolean(card.error), title: words(card), onclick: () => this.go(this.places.indexOf(i)) },
        canvas, el("span", { class: "tick", text: "✓" }))
      return { node, film }
    })
    this.further = button({ class: "further", onclick: () => this.next(), text: this.isLast ? "This was the last page" : "Next page ›", disabled: this.isLast })
    this.box = el("div", { class: "labelling", tabindex: 0, role: "group", "aria-label": `Label clips by keys. ${header.asks}`, onkeydown: (event) => this.key(event) },
      el("div", { class: "current" }, el("div", { class: "pic", onclick: () => this.toggle() }, this.canvas, this.corner),
        el("div", { class: "ask" }, this.progress, el("p", { class: "asks", text: header.asks }), this.search, this.list, this.from)),
      el("p", { class: "keys" }, ...keysOf(header, this.search)),
      el("div", { class: "queue" }, ...this.queue.map(({ node }) => node), this.further), this.live)
    this.box.addEventListener("focusout", (event) => this.box.contains(event.relatedTarget) || this.send())
    for (const { film } of this.queue) film.load()
    const open = this.places.findIndex((i) => !header.cards[i].mine)
    this.go(open < 0 ? 0 : open, false)
    return this.box
  }

  get isLast() {
    return this.header.first + this.header.cards.length >= this.header.total
  }

  get card() {
    return this.header.cards[this.places[this.at]]
  }

  mineAt(place) {
    return this.said[place] ?? this.header.cards[place].mine
  }

  // Show one of the page's clips; behind the last one stands the button of the next page.
  go(at, focus = true) {
    if (!this.places.length) return
    this.at = Math.max(0, Math.min(this.places.length - 1, at))
    this.film?.stop()
    const place = this.places[this.at], { header, parts, card } = this
    this.film = new Film(this.canvas, parts[`strip${place}`], parts[`arrows${place}`], card, header)
    const film = this.film
    film.load().then(() => film === this.film && (this.paused ? film.paint(true) : film.play()))
    this.corner.replaceChildren(...badgesOf({ ...card, known: "" }))
    this.from.replaceChildren(fileOf(card.file), el("span", { text: card.when }))
    this.mark()
    requestAnimationFrame(() => this.reveal())
    if (focus && document.activeElement !== this.box) this.box.focus({ preventScroll: true })
  }

  mark() {
    const place = this.places[this.at], mine = this.mineAt(place), { card, header } = this
    this.choices.forEach((node, k) => {
      const label = header.labels[k], model = label === card.label
      node.setAttribute("aria-pressed", String(label === mine))
      node.classList.toggle("model", model)
      node.lastChild.textContent = model ? `the model, ${card.percent}` : ""
    })
    this.queue.forEach(({ node }, i) => {
      node.classList.toggle("now", i === place)
      node.classList.toggle("done", Boolean(!header.cards[i].error && this.mineAt(i)))
    })
    const done = this.places.filter((i) => this.mineAt(i)).length
    this.progress.textContent = `Clip ${header.first + place + 1} of ${header.total}; ${done} of ${this.places.length} on this page have a label`
  }

  // Of a long list, show where the answer is: the person's, or else the model's.
  reveal() {
    const mine = this.mineAt(this.places[this.at]) || this.card.label, node = this.choices[this.header.labels.indexOf(mine)]
    if (node) this.list.scrollTop = node.offsetTop - (this.list.clientHeight - node.offsetHeight) / 2
  }

  // Leave the answers that have what is searched in their names.
  narrow() {
    const wanted = this.search.value.trim().toLowerCase()
    this.choices.forEach((node, k) => { node.hidden = !this.header.labels[k].toLowerCase().includes(wanted) })
    this.list.scrollTop = 0
    const left = this.choices.filter(({ hidden }) => !hidden).length
    this.live.textContent = left === 1 ? "1 answer" : `${left} answers`
  }

  endSearch() {
    if (!this.search?.value) return
    this.search.value = ""
    this.narrow()
    this.reveal()
  }

  choose(label) {
    this.endSearch()
    const place = this.places[this.at]
    this.say(place, label)
    this.live.textContent = label ? `Labelled ${label}.` : "Label taken back."
    if (!label) return this.mark()
    if (this.at + 1 < this.places.length) this.go(this.at + 1)
    else {
      this.mark()
      this.next()
    }
  }

  next() {
    if (this.isLast) return this.send()
    this.leaving = true // what is typed until the next page is here is of none
    this.box.classList.add("leaving")
    this.live.textContent = "Next page."
    this.send(true)
  }

  // Each thing that is said has a number, by which the server knows what it has heard. Numbers follow the
  // clock of the document, so that they grow on where the grid is drawn anew.
  say(place, label) {
    this.said[place] = label
    this.number = Math.max(this.number + 1, Math.floor(performance.now()))
    this.telling.push({ number: this.number, subject: this.header.subject, place, label })
    this.unsent = true
    clearTimeout(this.resting)
    this.resting = setTimeout(() => this.send(), REST_MS)
  }

  send(further = false) {
    clearTimeout(this.resting)
    if (this.unsent || further) this.owner.tell({ further })
  }

  // What was said of late, from whatever page, as it is sent.
  told() {
    const now = performance.now()
    this.unsent = false
    for (const one of this.telling) one.sent ??= now
    this.telling = this.telling.filter(({ sent }) => now - sent < AGAIN_MS)
    return this.telling.map(({ number, subject, place, label }) => [number, subject, place, label])
  }

  toggle() {
    this.paused = this.film.playing
    if (this.paused) this.film.stop()
    else this.film.play()
  }

  key(event) {
    if (SHORTCUTS.includes(event.key)) this.send()
    if (event.ctrlKey || event.metaKey || event.altKey || !this.places.length || this.leaving) return
    event.stopPropagation() // the app has shortcuts of its own
    if (event.target === this.search) return this.searching(event)
    const onButton = event.target.tagName === "BUTTON", k = this.header.keys.indexOf(event.key.toLowerCase())
    if (k >= 0) this.choose(this.header.labels[k])
    else if (event.key === "Enter" && !onButton) this.choose(this.card.label)
    else if (event.key === " " && !onButton) this.toggle()
    else if (event.key === "Backspace" || event.key === "ArrowLeft") this.go(this.at - 1)
    else if (event.key === "ArrowRight") this.go(this.at + 1)
    else if (event.key === "Delete" || event.key === "0") this.choose("")
    else if (event.key === "/" && this.search) this.search.focus()
    else return
    event.preventDefault()
  }

  // Enter chooses the first answer that is left, Escape none.
  searching(event) {
    if (event.key === "Enter") {
      const k = this.choices.findIndex(({ hidden }) => !hidden)
      if (k >= 0) this.choose(this.header.labels[k])
    } else if (event.key === "Escape") this.endSearch()
    else return
    event.preventDefault()
    this.box.focus({ preventScroll: true })
  }
}

function keysOf({ keys }, search) {
  const last = keys[keys.length - 1]?.toUpperCase()
  const said = [[last ? `1 – ${last}` : "1", "choose"], ["Enter", "the model’s answer"], ["⌫", "back"], ["0", "take back"], ["Space", "play or pause"]]
  if (search) said.push(["/", "search"])
  return said.map(([key, what]) => el("span", {}, el("kbd", { text: key }), ` ${what}`))
}
