// The switch that lets one finger, or the mouse, move the photo: a finger has no middle button and no space bar.
// Returns {on}; says on a phone what to do in a phone's words.
function Hand(button, stage) {
  const state = { on: false };
  button.onclick = () => {
    state.on = !state.on;
    press(button, state.on);
    stage.classList.toggle('hand', state.on);
  };
  if (window.matchMedia('(hover: none)').matches)
    stage.setAttribute(
      'aria-label',
      'Photo: tap to keep what is under your finger, or to remove it after choosing Remove; drag for a box; two fingers zoom and move',
    );
  return state;
}
