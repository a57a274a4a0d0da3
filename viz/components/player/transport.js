// What plays a clip: buttons, the frame slider, the speed; and how long a frame stays.

import { el, select } from "./dom.js"

const SPEEDS = [[0.1, "0.1×"], [0.25, "¼×"], [0.5, "½×"], [1, "1×"]]
const LOOP_MS = 700 // the last frame stays a little before the clip begins anew

// How many milliseconds a frame stays at a speed before the next one comes.
export function stay(times, frame, speed) {
  const gap = frame + 1 < times.length ? (times[frame + 1] - times[frame]) * 1000 : 0
  return gap > 0 ? Math.min(Math.max(gap / speed, 30), 4000) : LOOP_MS
}

// `p` has message, view.frame, playing and display.speed, and is told by toFrame and play.
export function transportOf(p) {
  const { frames, times } = p.message.header
  const icon = (path) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
    svg.setAttribute("viewBox", "0 0 24 24")
    svg.setAttribute("aria-hidden", "true")
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "path")
    shape.setAttribute("d", path)
    svg.append(shape)
    return svg
  }
  const PLAY = "M7 4.5v15l13-7.5z", PAUSE = "M6 5h4v14H6zM14 5h4v14h-4z"
  const back = el("button", { type: "button", class: "icon", "aria-label": "One frame back", onclick: () => p.toFrame(p.view.frame - 1) }, icon("M17 5v14l-9-7zM6 5h2v14H6z"))
  const on = el("button", { type: "button", class: "icon", "aria-label": "One frame on", onclick: () => p.toFrame(p.view.frame + 1) }, icon("M7 5v14l9-7zM16 5h2v14h-2z"))
  const play = el("button", { type: "button", class: "icon play", onclick: () => p.play(!p.playing) }, icon(PLAY))
  const scrub = el("input", { type: "range", class: "scrub", min: 0, max: frames - 1, step: 1, value: p.view.frame, "aria-label": "Frame",
    oninput: () => p.toFrame(+scrub.value) })
  const clock = el("output", { class: "clock" })
  const speed = select("Speed", SPEEDS, p.display.speed, (v) => { p.display.speed = +v })
  speed.classList.add("speed")
  const bar = el("div", { class: "transport", hidden: frames < 2 }, back, play, on, scrub, clock, speed)
  const update = ({ view, playing }) => {
    play.setAttribute("aria-label", playing ? "Pause" : "Play")
    play.querySelector("path").setAttribute("d", playing ? PAUSE : PLAY)
    clock.textContent = `frame ${view.frame} of ${frames - 1} · ${times[view.frame].toFixed(2)} s`
    scrub.setAttribute("aria-valuetext", `frame ${view.frame}, ${times[view.frame].toFixed(2)} seconds`)
    back.disabled = view.frame === 0
    on.disabled = view.frame === frames - 1
  }
  return { bar, scrub, update }
}
