// A player as a component of Streamlit: the message comes as `data`, the view goes back as state.

const players = new WeakMap()

export function mounter(make) {
  return ({ data, parentElement, setStateValue }) => {
    const root = parentElement.querySelector(".sct-player")
    let player = players.get(root)
    if (!player) {
      player = make(root)
      players.set(root, player)
    }
    player.send = (view) => setStateValue("view", view)
    player.show(data).catch((error) => {
      root.textContent = `The player could not be drawn: ${error.message}`
    })
  }
}
