// A class as a component of Streamlit: `show(data)` is called with what comes, `send(value)` gives back what
// the person did. One object serves an element for as long as it is on the page.

export function mounter(Kind, state = "view", what = "The player") {
  const mounted = new WeakMap()
  return ({ data, parentElement, setStateValue }) => {
    const root = parentElement.querySelector('[class^="sct-"]')
    if (!mounted.has(root)) mounted.set(root, new Kind(root))
    const shown = mounted.get(root)
    shown.send = (value) => setStateValue(state, value)
    shown.show(data)?.catch((error) => {
      root.textContent = `${what} could not be drawn: ${error.message}`
    })
  }
}
