// Mouse, pen and fingers on the photo: a click marks a point, a drag a box; a drag of a point or a corner moves it; two
// fingers, the middle button, Alt or the space bar move the photo, a wheel and a pinch enlarge it.
// tools: photo(), marks(), locked(), label() of a plain click, panning(), hand() whether one finger moves the photo,
// commit(marks), draw(), show() after the view has changed, brush(), which see.
class Pointing {
  constructor({ canvas, port, stage }, tools) {
    Object.assign(this, { canvas, port, stage, tools });
    this.pointers = new Map();
    this.gesture = null; // what the pressed pointer is doing
    this.pinch = null;
    this.handle = null; // the mark under the pointer
    canvas.addEventListener('pointerdown', e => this.down(e));
    canvas.addEventListener('pointermove', e => this.move(e));
    canvas.addEventListener('pointerup', e => this.up(e));
    canvas.addEventListener('pointercancel', e => {
      this.pointers.delete(e.pointerId);
      this.gesture = this.pinch = null;
      tools.brush().cancel();
      tools.draw();
    });
    canvas.addEventListener('pointerleave', () => {
      this.handle = null;
    });
    canvas.addEventListener('contextmenu', e => e.preventDefault());
    canvas.addEventListener('wheel', e => this.wheel(e), { passive: false });
  }
  // The marks while something is being dragged.
  get preview() {
    return this.gesture?.preview;
  }

  // Gives up what is being drawn or moved; tells whether there was anything.
  cancel() {
    const painting = this.tools.brush().cancel(),
      busy = painting || !!(this.gesture || this.pinch);
    this.gesture = this.pinch = null;
    if (busy) this.tools.draw();
    return busy;
  }

  down(e) {
    const { tools, pointers } = this;
    this.stage.focus({ preventScroll: true });
    if (tools.locked()) return;
    this.canvas.setPointerCapture(e.pointerId);
    pointers.set(e.pointerId, e);
    if (pointers.size === 2) {
      this.gesture = null;
      tools.brush().cancel(); // two fingers move
      this.pinch = spread(pointers);
      tools.draw();
      return;
    }
    const pan = e.button === 1 || tools.panning() || e.altKey;
    if (!pan && tools.brush().on) return this.paint(e);
    const hand = !pan && e.button === 0 && tools.hand(); // a drag moves the photo, a tap still marks
    this.gesture = {
      start: this.port.toPhoto(e.clientX, e.clientY),
      x: e.clientX,
      y: e.clientY,
      pan,
      hand,
      far: false,
      preview: null,
      handle: pan || hand || e.button === 2 ? null : this.handleUnder(e),
      label: e.button === 2 || e.shiftKey || e.ctrlKey ? 0 : tools.label(),
    };
    if (e.button === 1) e.preventDefault();
  }
  // A stroke of brush or eraser begins; the right button or Shift takes the other of them.
  paint(e) {
    const begun = this.tools
      .brush()
      .begin(this.port.toPhoto(e.clientX, e.clientY), e.button === 2 || e.shiftKey);
    if (begun) this.gesture = { paint: true };
  }
  move(e) {
    const { tools, pointers, gesture: g } = this;
    if (pointers.has(e.pointerId)) pointers.set(e.pointerId, e);
    if (this.pinch && pointers.size === 2) return this.movePinch();
    if (!g) return this.hover(e);
    if (g.paint) {
      const all = e.getCoalescedEvents?.() || [];
      return tools
        .brush()
        .extend((all.length ? all : [e]).map(at => this.port.toPhoto(at.clientX, at.clientY)));
    }
    const far = Math.hypot(e.clientX - g.x, e.clientY - g.y) > (e.pointerType === 'touch' ? 10 : 5);
    if (g.hand && far) g.pan = true;
    if (g.pan) {
      this.port.panBy(e.clientX - g.x, e.clientY - g.y);
      Object.assign(g, { x: e.clientX, y: e.clientY });
      return tools.show();
    }
    g.far = g.far || far;
    if (!g.far || g.hand) return;
    const at = this.port.toPhoto(e.clientX, e.clientY),
      marks = tools.marks(),
      photo = tools.photo();
    g.preview = g.handle ? moved(photo, g.handle, at, marks) : withBox(marks, boxOf(photo, g.start, at));
    tools.draw();
  }
  up(e) {
    const { tools, pointers, gesture: g } = this;
    pointers.delete(e.pointerId);
    this.gesture = null;
    if (this.pinch) {
      if (!pointers.size) this.pinch = null;
      return;
    }
    if (g?.paint) return tools.brush().end();
    if (!g || g.pan || tools.locked()) return tools.draw();
    const photo = tools.photo();
    if (g.preview) {
      if (g.preview.boxes.every(hasArea)) tools.commit(g.preview);
      else tools.draw();
    } else if (!g.handle && inside(photo, g.start) && !(g.label && tools.pick(g.start))) {
      tools.commit(withPoint(tools.marks(), [...within(photo, g.start), g.label]));
    }
  }
  wheel(e) {
    if (!this.tools.photo()) return;
    e.preventDefault();
    this.port.zoomAt(e.clientX, e.clientY, wheelFactor(e));
    this.tools.show();
  }

  movePinch() {
    const now = spread(this.pointers);
    this.port.panBy(now.x - this.pinch.x, now.y - this.pinch.y);
    this.port.zoomAt(now.x, now.y, now.d / this.pinch.d);
    this.pinch = now;
    this.tools.show();
  }
  hover(e) {
    this.handle = this.tools.locked() || this.tools.brush().on ? null : this.handleUnder(e);
    this.stage.classList.toggle('grip', !!this.handle);
  }
  handleUnder(e) {
    const reach = (e.pointerType === 'touch' ? 20 : 10) * this.port.unit();
    return handleAt(this.port.toPhoto(e.clientX, e.clientY), this.tools.marks(), reach);
  }
}
