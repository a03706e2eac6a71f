// Mouse, pen and fingers on the photo: a click marks a point, a drag a box; a drag of a point or a corner moves it; two
// fingers, the middle button, Alt or the space bar move the photo, a wheel and a pinch enlarge it.
// tools: photo(), marks(), locked(), label() of a plain click, panning(), commit(marks), draw(), show() after the view
// has changed. Returns `preview`, the marks while something is being dragged, and `handle`, the mark under the pointer.
function Pointing({ canvas, port, stage }, tools) {
  const pointers = new Map();
  let gesture = null; // what the pressed pointer is doing
  let pinch = null,
    handle = null;

  function handleUnder(e) {
    const reach = (e.pointerType === 'touch' ? 20 : 10) * port.unit();
    return handleAt(port.toPhoto(e.clientX, e.clientY), tools.marks(), reach);
  }
  function spread() {
    const [a, b] = [...pointers.values()];
    return {
      x: (a.clientX + b.clientX) / 2,
      y: (a.clientY + b.clientY) / 2,
      d: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY),
    };
  }
  function movePinch() {
    const now = spread();
    port.panBy(now.x - pinch.x, now.y - pinch.y);
    port.zoomAt(now.x, now.y, now.d / pinch.d);
    pinch = now;
    tools.show();
  }
  function hover(e) {
    handle = tools.locked() ? null : handleUnder(e);
    stage.classList.toggle('grip', !!handle);
  }

  canvas.addEventListener('pointerdown', e => {
    stage.focus({ preventScroll: true });
    if (tools.locked()) return;
    canvas.setPointerCapture(e.pointerId);
    pointers.set(e.pointerId, e);
    if (pointers.size === 2) {
      gesture = null;
      pinch = spread();
      tools.draw();
      return;
    }
    const pan = e.button === 1 || tools.panning() || e.altKey;
    gesture = {
      start: port.toPhoto(e.clientX, e.clientY),
      x: e.clientX,
      y: e.clientY,
      pan,
      far: false,
      preview: null,
      handle: pan || e.button === 2 ? null : handleUnder(e),
      label: e.button === 2 || e.shiftKey || e.ctrlKey ? 0 : tools.label(),
    };
    if (e.button === 1) e.preventDefault();
  });
  canvas.addEventListener('pointermove', e => {
    if (pointers.has(e.pointerId)) pointers.set(e.pointerId, e);
    if (pinch && pointers.size === 2) return movePinch();
    if (!gesture) return hover(e);
    const g = gesture;
    if (g.pan) {
      port.panBy(e.clientX - g.x, e.clientY - g.y);
      Object.assign(g, { x: e.clientX, y: e.clientY });
      return tools.show();
    }
    g.far = g.far || Math.hypot(e.clientX - g.x, e.clientY - g.y) > (e.pointerType === 'touch' ? 10 : 5);
    if (!g.far) return;
    const at = port.toPhoto(e.clientX, e.clientY),
      marks = tools.marks(),
      photo = tools.photo();
    g.preview = g.handle
      ? moved(photo, g.handle, at, marks)
      : { points: marks.points, boxes: [...marks.boxes, boxOf(photo, g.start, at)] };
    tools.draw();
  });
  canvas.addEventListener('pointerup', e => {
    pointers.delete(e.pointerId);
    if (pinch) {
      if (!pointers.size) pinch = null;
      gesture = null;
      return;
    }
    const g = gesture;
    gesture = null;
    if (!g || g.pan || tools.locked()) return tools.draw();
    const { points, boxes } = tools.marks(),
      photo = tools.photo();
    if (g.preview) {
      if (g.preview.boxes.every(hasArea)) tools.commit(g.preview);
      else tools.draw();
    } else if (!g.handle && inside(photo, g.start)) {
      tools.commit({ points: [...points, [...within(photo, g.start), g.label]], boxes });
    }
  });
  canvas.addEventListener('pointercancel', e => {
    pointers.delete(e.pointerId);
    gesture = pinch = null;
    tools.draw();
  });
  canvas.addEventListener('pointerleave', () => {
    handle = null;
  });
  canvas.addEventListener('contextmenu', e => e.preventDefault());
  canvas.addEventListener(
    'wheel',
    e => {
      if (!tools.photo()) return;
      e.preventDefault();
      port.zoomAt(e.clientX, e.clientY, Math.exp(-e.deltaY * 0.0015));
      tools.show();
    },
    { passive: false },
  );

  return {
    get preview() {
      return gesture?.preview;
    },
    get handle() {
      return handle;
    },
  };
}
