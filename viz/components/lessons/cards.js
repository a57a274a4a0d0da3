// The lessons as cards. Texts are set as text; each card is one button.

import { button, el, icon } from "../player/dom.js"

const NAMES = { new: "Not begun", begun: "Begun", done: "Done" }

// Shapes as [name, attributes]; "a" is the accent, "b" the second colour, "s" soft.
const box = (x, y, w, h, fill, o = 1) => ["rect", { x, y, width: w, height: h, rx: Math.min(w, h) / 6, class: fill, opacity: o }]
const cells = (x, y, n, s, gap, fill) => Array.from({ length: n * n }, (_, i) => {
  const [name, o = 1] = fill(Math.floor(i / n), i % n)
  return box(x + (i % n) * (s + gap), y + Math.floor(i / n) * (s + gap), s, s, name, o)
})
const near = (r, c, row, col) => Math.exp(-((r - row) ** 2 + (c - col) ** 2) / 1.6)
const line = (x1, y1, x2, y2) => ["line", { x1, y1, x2, y2, class: "l" }]
const dots = (fill, ...places) => places.map(([cx, cy]) => ["circle", { cx, cy, r: 4, class: fill }])
const SIGNS = {
  patches: [...cells(36, 6, 6, 7, 2, (r, c) => [r < 3 && c < 3 ? "a" : "s"]), ["rect", { x: 33.5, y: 3.5, width: 30, height: 30, rx: 4, class: "o" }]],
  inside: cells(38, 7, 5, 8, 2.5, (r, c) => (r === 3 && c === 1 ? ["b"] : ["a", 0.12 + 0.88 * near(r, c, 1, 3)])),
  hashing: [line(22, 50, 98, 10), line(42, 4, 78, 56),
    ...dots("a", [34, 18], [44, 10], [30, 30], [38, 26]), ...dots("b", [84, 32], [76, 42], [90, 44], [80, 26]),
    ...dots("t", [62, 12], [70, 8], [50, 50], [58, 46])],
  shifted: [...cells(14, 12, 4, 8, 2, (r, c) => ["a", 0.12 + 0.88 * near(r, c, 1, 1)]), ...cells(68, 12, 4, 8, 2, (r, c) => (r === 2 && c === 2 ? ["b"] : ["s"])),
    ["path", { d: "M 90 36 C 72 58, 44 50, 32 32", class: "l" }], ["path", { d: "M 30 38 l 1 -8 l 7 4", class: "l" }]],
  frames: [3, 5, 9, 13, 8, 4].map((h, i) => box(20 + i * 14, 22 - h, 10, h * 2.4, "a", 0.35 + h / 20))
    .concat(Array.from({ length: 6 }, (_, i) => box(20 + i * 14, 46, 10, 10, "s"))),
  ablation: [box(18, 10, 24, 14, "a"), box(18, 40, 24, 14, "s"), ["path", { d: "M 22 43 L 38 51 M 38 43 L 22 51", class: "l" }],
    line(66, 17, 98, 17), ...dots("a", [86, 17]), line(58, 47, 82, 47), ...dots("b", [68, 47])],
  explanation: [...cells(16, 13, 4, 8, 2, (r, c) => ["a", 0.12 + 0.88 * near(r, c, 1, 2)]), ...cells(66, 13, 4, 8, 2, (r, c) => ["b", [0.3, 0.6, 0.2, 0.5, 0.4][(r * 7 + c * 3) % 5]]),
    ["text", { x: 60, y: 38, class: "q" }]],
}

function sign(key) {
  const svg = icon("0 0 120 62", SIGNS[key] ?? [])
  for (const text of svg.querySelectorAll("text")) text.textContent = "?"
  return svg
}

function card(about, number, counted, open) {
  const state = about.state === "begun" ? `${about.right} of 2 ${counted}` : NAMES[about.state]
  return button({ class: "card", "data-state": about.state, "data-key": about.key, onclick: () => open(about.key) },
    sign(about.key),
    el("span", { class: "name" }, el("b", { text: String(number) }), el("span", { text: about.title })),
    el("span", { class: "asks", text: about.asks }),
    el("span", { class: "foot" }, el("span", { text: `${about.minutes} min` }), el("span", { class: "state", text: about.state === "done" ? `✓ ${state}` : state })))
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".sct-player"), done = data.cards.filter((c) => c.state === "done").length
  const track = el("span", { class: "track", "aria-hidden": "true" }, el("i"))
  track.firstChild.style.width = `${(100 * done) / data.cards.length}%`
  root.replaceChildren(el("div", { class: "player" },
    el("p", { class: "sum" }, el("span", { text: `${done} of ${data.cards.length} lessons done` }), track),
    el("div", { class: "cards" }, ...data.cards.map((about, i) => card(about, i + 1, data.counted, (key) => setTriggerValue("open", key))))))
}
