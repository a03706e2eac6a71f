// Two layers in one panel with a divider between them, which pointers and arrow keys move.
function Slider(figure, redraw) {
  const divider = figure.querySelector('.vw-divider');
  const left = figure.querySelector('.vw-left'),
    right = figure.querySelector('.vw-right');
  let at = 0.5; // fraction of the panel's width
  for (const [select, value] of [
    [left, 'sam'],
    [right, 'sama'],
  ]) {
    for (const [name, title] of Object.entries(LAYERS)) select.add(new Option(title, name));
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
  const STEPS = { ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 };
  divider.addEventListener('keydown', e => {
    if (!(e.key in STEPS)) return;
    e.preventDefault();
    e.stopPropagation();
    place(at + STEPS[e.key]);
  });
  return {
    names: () => [left.value, right.value],
    swap() {
      [left.value, right.value] = [right.value, left.value];
    },
    // The divider stands at the same spot of the photo in every canvas that shows this panel.
    paint(layers, main) {
      return (ctx, port, crisp) => {
        const x = main.canvas.width * at,
          spot = (x - main.port.origin()[0]) / main.port.scale();
        const edge = main.port === port ? x : port.origin()[0] + spot * port.scale();
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
        if (main.port === port) return;
        ctx.setTransform(1, 0, 0, 1, 0, 0);
        ctx.fillStyle = '#fff';
        ctx.fillRect(edge - ratio() / 2, 0, ratio(), ctx.canvas.height);
      };
    },
  };
}
