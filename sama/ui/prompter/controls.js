// The prompter's buttons and keys.
let label = 1; // what a plain click means: 1 keep, 0 remove
let spaceHeld = false;

function setLabel(value) {
  label = value;
  press($('.pr-keep'), value === 1);
  press($('.pr-drop'), value === 0);
}
$('.pr-keep').onclick = () => setLabel(1);
$('.pr-drop').onclick = () => setLabel(0);
$('.pr-undo').onclick = () => history.undo();
$('.pr-redo').onclick = () => history.redo();
$('.pr-clear').onclick = clear;
$('.pr-zoom').onclick = fit;

const KEYS = {
  x: () => setLabel(1 - label),
  0: fit,
  o: () => list.next(),
  p: () => brush.take(1),
  n: () => brush.take(0),
  '[': () => brush.resize(1 / TIP_STEP),
  ']': () => brush.resize(TIP_STEP),
  h: () => glance.toggle(),
  v: () => every.toggle(),
};
const COMMANDS = { z: e => history[e.shiftKey ? 'redo' : 'undo'](), y: () => history.redo() };
Keyboard(stage, {
  keys: KEYS,
  commands: COMMANDS,
  // The innermost thing first: what is being drawn, the crosshair, the brush, what is open elsewhere on the page.
  close: () => pointing.cancel() || brush.cancel() || crosshair.hide() || brush.leave() || closeInnermost(),
  clear,
  pan(held) {
    spaceHeld = held;
    stage.classList.toggle('panning', held);
  },
});
