// The frame with its marks: a click marks a point, a drag a box.
const NEAR = 4; // CSS pixels up to which a drag is a click

// unit: pixels of the frame for one of the page; colour(name): of the page.
function drawMarks(ctx, { boxes, points }, unit, colour) {
  for (const [x0, y0, x1, y1] of boxes) {
    for (const [strokeStyle, wide] of [
      ['#fff', 4],
      [colour('sama'), 2],
    ]) {
      Object.assign(ctx, { strokeStyle, lineWidth: wide * unit });
      ctx.strokeRect(x0, y0, x1 - x0, y1 - y0);
    }
  }
  for (const [x, y, label] of points) {
    ctx.beginPath();
    ctx.arc(x, y, 7 * unit, 0, 2 * Math.PI);
    const fillStyle = colour(label ? 'keep' : 'drop');
    Object.assign(ctx, { fillStyle, strokeStyle: '#fff', lineWidth: 2 * unit });
    ctx.fill();
    ctx.stroke();
  }
}

// tools: mark() on this frame, label() of a plain click, commit(mark).
function FilmStage(canvas, tools) {
  const port = new Viewport(canvas);
  let picture = null;
  let drag = null; // {start, at, x, y, moved}

  function draw() {
    if (!port.resize() || !port.width) return;
    const ctx = canvas.getContext('2d');
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, canvas.width, canvas.height);
    port.apply(ctx);
    if (picture) ctx.drawImage(picture, 0, 0, port.width, port.height);
    const unit = port.unit(),
      mark = tools.mark();
    drawMarks(ctx, drag?.moved ? withBox(mark, boxOf(drag.start, drag.at, port)) : mark, unit, name =>
      colourOf(canvas, name),
    );
  }

  const inside = ([x, y]) => x >= 0 && y >= 0 && x < port.width && y < port.height;
  canvas.addEventListener('pointerdown', e => {
    const start = port.width ? port.toPhoto(e.clientX, e.clientY) : null;
    if (!start || e.button === 1 || !inside(start)) return;
    canvas.setPointerCapture(e.pointerId);
    drag = { start, at: start, x: e.clientX, y: e.clientY, moved: false };
  });
  canvas.addEventListener('pointermove', e => {
    if (!drag) return;
    drag.moved ||= Math.hypot(e.clientX - drag.x, e.clientY - drag.y) > NEAR;
    drag.at = port.toPhoto(e.clientX, e.clientY);
    draw();
  });
  canvas.addEventListener('pointerup', e => {
    if (!drag) return;
    const { start, at, moved } = drag;
    drag = null;
    const label = e.button === 2 || e.shiftKey ? 0 : tools.label();
    if (!moved) return tools.commit(withPoint(tools.mark(), [...start, label]));
    const box = boxOf(start, at, port);
    if (box[2] - box[0] >= 1 && box[3] - box[1] >= 1) tools.commit(withBox(tools.mark(), box));
    else draw();
  });
  canvas.addEventListener('pointercancel', () => {
    drag = null;
    draw();
  });
  canvas.addEventListener('contextmenu', e => e.preventDefault());
  new ResizeObserver(draw).observe(canvas);
  return {
    draw,
    open: (width, height) => port.setPhoto(width, height),
    show(next) {
      picture = next;
      draw();
    },
  };
}
