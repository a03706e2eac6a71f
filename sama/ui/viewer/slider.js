// Two layers in one panel with a divider between them, which pointers and arrow keys move; titles: of the layers by name.
const DIVIDER_STEPS = {
  ArrowLeft: -0.02,
  ArrowRight: 0.02,
  PageDown: -0.1,
  PageUp: 0.1,
  Home: -1,
  End: 1,
};

// Where the divider is in a canvas with a port, in its pixels: at the same spot of the photo as in the main one, where it
// is at a fraction of the width.
function edgeIn(port, main, at) {
  const x = main.canvas.width * at;
  if (port === main) return x;
  return port.origin()[0] + ((x - main.origin()[0]) / main.scale()) * port.scale();
}

function Slider(figure, titles, redraw) {
  const divider = figure.querySelector('.vw-divider');
  const left = figure.querySelector('.vw-left'),
    right = figure.querySelector('.vw-right');
  let at = 0.5; // fraction of the panel's width
  for (const [select, value] of [
    [left, 'sam'],
    [right, 'sama'],
  ]) {
    for (const [name, title] of Object.entries(titles)) select.add(new Option(title, name));
    select.value = value;
    select.onchange = redraw;
  }
  function place(value) {
    at = clamp(value, 0, 1);
    divider.style.left = 100 * at + '%';
    divider.setAttribute('aria-valuenow', String(Math.round(100 * at)));
    redraw();
  }
  divider.addEventListener('pointerdown', e => {
    divider.setPointerCapture(e.pointerId);
    e.stopPropagation();
  });
  divider.addEventListener('pointermove', e => {
    if (!divider.hasPointerCapture(e.pointerId)) return;
    const box = figure.getBoundingClientRect();
    place((e.clientX - box.left) / box.width);
  });
  divider.addEventListener('keydown', e => {
    if (!(e.key in DIVIDER_STEPS)) return;
    e.preventDefault();
    e.stopPropagation();
    place(at + DIVIDER_STEPS[e.key]);
  });
  return {
    names: () => [left.value, right.value],
    // Offers a layer or does not; then another one takes its place.
    offer(name, instead, there) {
      for (const select of [left, right]) {
        for (const option of select.options)
          if (option.value === name) option.hidden = option.disabled = !there;
        if (!there && select.value === name) select.value = instead;
      }
    },
    swap() {
      [left.value, right.value] = [right.value, left.value];
    },
    // main: the port of the panel itself.
    paint: (layers, main) => (ctx, port, crisp) => {
      const edge = edgeIn(port, main, at);
      for (const [name, from, to] of [
        [left.value, 0, edge],
        [right.value, edge, ctx.canvas.width],
      ]) {
        ctx.save();
        ctx.setTransform(1, 0, 0, 1, 0, 0);
        ctx.beginPath();
        ctx.rect(from, 0, Math.max(0, to - from), ctx.canvas.height);
        ctx.clip();
        layers.paint(ctx, name, port, crisp);
        ctx.restore();
      }
      if (main === port) return;
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.fillStyle = '#fff';
      ctx.fillRect(edge - ratio() / 2, 0, ratio(), ctx.canvas.height);
    },
  };
}
