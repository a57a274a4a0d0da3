// What plays a clip: buttons, the frame slider, the speed; and how long a frame stays.

import { button, el, icon, select } from "./dom.js"

const SPEEDS = [[0.1, "0.1×"], [0.25, "¼×"], [0.5, "½×"], [1, "1×"]]
const PLAY = "M7 4.5v15l13-7.5z", PAUSE = "M6 5h4v14H6zM14 5h4v14h-4z"
const LOOP_MS = 700 // the last frame stays a little before the clip begins anew

const KEYS = "Arrow keys move the patch and pin it, Enter pins or unpins, Escape unpins, comma and full stop step through the frames, space plays."

// A picture that is pointed at; the keys are those of `Playing`.
export const canvasOf = (side, name) =>
  el("canvas", { class: `frame ${side}`.trim(), tabindex: "0", role: "application", "aria-label": `${name}. ${KEYS}` })

// The line that says which patch is pinned, and how to pin and unpin one.
export function pinOf(p) {
  const away = () => {
    p.surfaces().at(-1).canvas.focus({ preventScroll: true }) // the button goes, and focus would with it
    p.pin(false)
  }
  const said = el("span"), off = button({ class: "unpin", text: "Unpin", title: "Escape does the same, and so does another click on the patch", onclick: away })
  const set = (pinned, name) => {
    const text = pinned ? `Pinned: ${name}.` : "Click or tap a patch to pin it: it then stays while you point elsewhere."
    if (said.textContent !== text) said.textContent = text
    off.hidden = !pinned
  }
  return { box: el("p", { class: "pinline" }, said, off), set }
}

// How many milliseconds a frame stays at a speed before the next one comes.
export function stay(times, frame, speed) {
  const gap = frame + 1 < times.length ? (times[frame + 1] - times[frame]) * 1000 : 0
  return gap > 0 ? Math.min(Math.max(gap / speed, 30), 4000) : LOOP_MS
}

// `p` has message, view.frame, playing and display.speed, and is told by toFrame and play.
export function transportOf(p) {
  const { frames, times } = p.message.header
  const signed = (d, attributes) => button(attributes, icon("0 0 24 24", [["path", { d }]]))
  const step = (by, name, d) => signed(d, { class: "icon", "aria-label": name, onclick: () => p.toFrame(p.view.frame + by) })
  const back = step(-1, "One frame back", "M17 5v14l-9-7zM6 5h2v14H6z")
  const on = step(1, "One frame on", "M7 5v14l9-7zM16 5h2v14h-2z")
  const play = signed(PLAY, { class: "icon play", onclick: () => p.play(!p.playing) })
  const scrub = el("input", { type: "range", class: "scrub", min: 0, max: frames - 1, step: 1, value: p.view.frame, "aria-label": "Frame",
    oninput: () => p.toFrame(+scrub.value) })
  const clock = el("output", { class: "clock" })
  const speed = select("Speed", SPEEDS, p.display.speed, (v) => { p.display.speed = +v })
  speed.classList.add("speed")
  const bar = el("div", { class: "transport", hidden: frames < 2 }, back, play, on, scrub, clock, speed)
  const update = () => {
    const { view, playing } = p
    play.setAttribute("aria-label", playing ? "Pause" : "Play")
    play.querySelector("path").setAttribute("d", playing ? PAUSE : PLAY)
    clock.textContent = `frame ${view.frame} of ${frames - 1} · ${times[view.frame].toFixed(2)} s`
    scrub.setAttribute("aria-valuetext", `frame ${view.frame}, ${times[view.frame].toFixed(2)} seconds`)
    // Not disabled, or who steps with a key would lose the place on the page.
    back.setAttribute("aria-disabled", view.frame === 0)
    on.setAttribute("aria-disabled", view.frame === frames - 1)
  }
  return { bar, scrub, update }
}
