// What pointers and keys do to the panels. All of them share one zoom and one centre; `change` passes on a view.
function gestures({ canvas, port }, { loupe, change, ready, draw }) {
  const pointers = new Map();
  let pinch = null;
  function point(e) {
    loupe.move(port.toPhoto(e.clientX, e.clientY), e.pointerType === 'touch');
    draw();
  }
  canvas.addEventListener(
    'wheel',
    e => {
      if (!ready()) return;
      e.preventDefault();
      port.zoomAt(e.clientX, e.clientY, wheelFactor(e));
      change(port);
    },
    { passive: false },
  );
  canvas.addEventListener('pointerdown', e => {
    pointers.set(e.pointerId, e);
    pinch = pointers.size === 2 ? spread(pointers) : null;
    if (!ready()) return;
    if (port.zoomed || loupe.on || pinch) canvas.setPointerCapture(e.pointerId);
    if (loupe.on) point(e);
  });
  canvas.addEventListener('pointermove', e => {
    const before = pointers.get(e.pointerId);
    if (before) pointers.set(e.pointerId, e);
    if (!ready()) return;
    if (pinch && pointers.size === 2) {
      const now = spread(pointers);
      port.panBy(now.x - pinch.x, now.y - pinch.y);
      port.zoomAt(now.x, now.y, now.d / pinch.d);
      pinch = now;
      change(port);
    } else if (loupe.on && (!before || e.pointerType === 'touch')) {
      point(e);
    } else if (before && port.zoomed) {
      port.panBy(e.clientX - before.clientX, e.clientY - before.clientY);
      change(port);
    }
  });
  for (const end of ['pointerup', 'pointercancel'])
    canvas.addEventListener(end, e => {
      pointers.delete(e.pointerId);
      pinch = null;
    });
  canvas.addEventListener('pointerleave', e => {
    pointers.delete(e.pointerId);
    if (loupe.on && e.pointerType !== 'touch') {
      loupe.move(null);
      draw();
    }
  });
  canvas.addEventListener('dblclick', e => {
    if (!ready()) return;
    if (port.zoomed) port.fit();
    else port.zoomAt(e.clientX, e.clientY, 4);
    change(port);
  });
}

// keys: what single keys do anywhere on the page, except where somebody types or operates a control with the keyboard.
// On the panels themselves arrows pan, or move the loupe, and plus and minus zoom.
function shortcuts(grid, keys, { loupe, change, lead, ready, draw }) {
  const typing = at => at.closest('input, textarea, select, [contenteditable=true], [role=slider]');
  let space = false; // pressed, and nothing else done meanwhile: a drag with Space pans the photo
  document.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
    const key = keyOf(e);
    if (key === ' ') {
      if (isOperating(e.target)) return;
      e.preventDefault();
      space = !e.repeat || space;
    } else if (keys[key]) {
      e.preventDefault();
      keys[key](e);
    }
  });
  document.addEventListener(
    'pointerdown',
    () => {
      space = false;
    },
    true,
  );
  document.addEventListener('keyup', e => {
    if (e.key !== ' ' || !space) return;
    space = false;
    e.preventDefault();
    keys[' ']();
  });
  grid.addEventListener('keydown', e => {
    if (e.target !== grid || !ready()) return;
    const port = lead(),
      arrow = ARROWS[e.key],
      zoom = { '+': 1.25, '=': 1.25, '-': 0.8 }[e.key];
    if (arrow && loupe.spot) {
      loupe.move(loupe.spot.map((v, i) => v + 12 * arrow[i] * port.unit()));
      draw();
    } else if (arrow) {
      port.panBy(-60 * arrow[0], -60 * arrow[1]);
      change(port);
    } else if (zoom) {
      port.zoomBy(zoom);
      change(port);
    } else return;
    e.preventDefault();
  });
}
