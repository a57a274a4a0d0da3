// A show of hands: how many chose each option of a question, counted by the teacher. Bars are drawn
// beside the options; the right one is coloured once Python says which it is.

import { button, el } from "../player/dom.js"
import { mounter } from "../player/mounting.js"

const PAUSE_MS = 300 // a run of taps is one change
const MOST = 999

class Ballot {
  constructor(root) {
    this.root = root
    this.edit = -1
  }

  show(data) {
    const asked = `${data.question}\n${data.options.join("\n")}`
    if (this.asked !== asked) this.build(data)
    if (this.asked !== asked || data.edit >= this.edit) Object.assign(this, { counts: [...data.counts], edit: data.edit })
    Object.assign(this, { asked, right: data.right })
    this.draw()
  }

  build({ question, options }) {
    this.rows = options.map((text, i) => {
      const letter = "ABCD"[i], named = (what) => `${what} ${letter}: ${text}`
      const field = el("input", { type: "number", min: 0, max: MOST, step: 1, inputmode: "numeric", "aria-label": named("Hands for"), oninput: () => this.set(i, Math.floor(+field.value)) })
      const bar = el("i"), share = el("span", { class: "share" }), mark = el("b", { text: letter })
      const less = button({ text: "−", "aria-label": named("One less for"), onclick: () => this.set(i, this.counts[i] - 1) })
      const more = button({ text: "+", "aria-label": named("One more for"), onclick: () => this.set(i, this.counts[i] + 1) })
      const row = el("li", { class: "option" }, mark, el("span", { class: "words", text }), el("span", { class: "track" }, bar), share, el("span", { class: "hands" }, less, field, more))
      return { row, field, bar, share, mark, less, letter }
    })
    this.total = el("span", { role: "status" })
    this.clear = button({ class: "plain", text: "Clear the count", onclick: () => this.put(this.counts.map(() => 0)) })
    this.root.replaceChildren(el("div", { class: "player demo ballot" }, el("ol", { "aria-label": question }, ...this.rows.map(({ row }) => row)), el("div", { class: "foot" }, this.total, this.clear)))
  }

  set(i, count) {
    const bounded = Number.isFinite(count) ? Math.max(0, Math.min(MOST, count)) : 0
    this.put(this.counts.map((each, j) => (j === i ? bounded : each)))
  }

  put(counts) {
    this.counts = counts
    this.edit += 1
    this.draw()
    clearTimeout(this.telling)
    this.telling = setTimeout(() => this.send({ counts, edit: this.edit }), PAUSE_MS)
  }

  draw() {
    const all = this.counts.reduce((a, b) => a + b, 0), most = Math.max(...this.counts, 1)
    this.rows.forEach(({ row, field, bar, share, mark, less, letter }, i) => {
      const count = this.counts[i], known = Number.isInteger(this.right)
      if (Number(field.value || 0) !== count || field.value === "") field.value = count
      bar.style.width = `${(100 * count) / most}%`
      share.textContent = all ? `${Math.round((100 * count) / all)}%` : ""
      less.disabled = count === 0
      row.dataset.state = known ? (i === this.right ? "right" : "other") : "open"
      mark.textContent = row.dataset.state === "right" ? "✓" : letter
      mark.setAttribute("aria-label", row.dataset.state === "right" ? `${letter}, right` : letter)
    })
    this.total.textContent = all ? `${all} ${all === 1 ? "hand" : "hands"}` : "No hands counted yet"
    this.clear.disabled = !all
  }
}

export default mounter(Ballot, "count", "The count")
