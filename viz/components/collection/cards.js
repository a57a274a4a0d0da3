// The elements of a card: its picture, what the model says of it, and where it is from.

import { el } from "../player/dom.js"

const badge = (kind, text, title) => el("span", { class: `badge ${kind}`, text, title })

// What stands in the corner of the picture.
export function badgesOf({ sure, unlike, known, label }) {
  const found = []
  if (known) {
    found.push(known === label
      ? badge("right", "✓ right", `The source says ${known}, too.`)
      : badge("wrong", `✗ ${known}`, `The source says ${known}.`))
  }
  if (sure) found.push(badge("sure", "sure", "By the model’s calibration this answer can be relied on."))
  if (sure === false) found.push(badge("unsure", "not sure", "By the model’s calibration this answer is not to be relied on."))
  if (unlike) found.push(badge("unsure", "unlike", "It is unlike the clips that the model learned from."))
  return found
}

// In words, for a screen reader and as a title.
export function words(card) {
  if (card.error) return `${card.file}: could not be read. ${card.error}`
  const sure = card.sure === false ? ", not sure" : card.sure ? ", sure" : ""
  const known = card.known && (card.known === card.label ? ", which is right" : `; it is ${card.known}`)
  return `${card.label} ${card.percent}${sure}${known}${card.mine ? `; labelled ${card.mine}` : ""}. ${card.file}, ${card.when}`
}

// A file without its folders, which are there to be pointed at.
export const fileOf = (file) => el("span", { class: "file", title: file, text: file.slice(file.lastIndexOf("/") + 1) })

export function said(card, colour) {
  if (card.error) return [el("span", { class: "answer", text: "not read" }), el("span", { class: "why", text: card.error })]
  const bar = el("i")
  bar.style.width = `${card.share * 100}%`
  bar.style.background = colour
  return [
    el("span", { class: "answer" }, el("span", { class: "label", text: card.label }), el("span", { class: "share", text: card.percent })),
    el("span", { class: "bar" }, bar),
    card.effect && el("span", { class: "effect", title: `What it changes of the probability of “${card.label}”, in percentage points`, text: card.effect }),
    card.ordered && el("span", { class: "effect", text: card.ordered }),
  ]
}

export const mineOf = (mine, label) =>
  el("span", { class: `mine ${mine === label ? "same" : "other"}`, hidden: !mine, text: mine ? `you: ${mine}` : "" })
