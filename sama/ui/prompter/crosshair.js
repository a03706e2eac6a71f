// Prompts without a pointer, while the photo has the focus: arrows move a crosshair, Enter keeps what is under it, Shift
// and Enter remove it, or with a brush in the hand set it down and lift it, B sets one corner of a box and then the other, Delete takes a mark away, plus and minus zoom.
// tools: as for Pointing, `handle()`, and `say` for what a screen reader should hear.
class Crosshair {
  static STEP = 8; // CSS pixels, as the next two
  static FAR = 64;
  static REACH = 12;

  constructor({ stage, port }, tools) {
    Object.assign(this, { stage, port, tools });
    this.spot = null; // in photo pixels; null while nobody uses it
    this.corner = null; // of a box that waits for its other corner
    this.keys = {
      Enter: e => this.mark(e.shiftKey ? 0 : tools.label()),
      b: () => this.setCorner(),
      Delete: () => this.remove(),
      Backspace: () => this.remove(),
      '+': () => this.zoom(1.25),
      '=': () => this.zoom(1.25),
      '-': () => this.zoom(0.8),
    };
    stage.addEventListener('keydown', e => this.press(e));
    stage.addEventListener('pointerdown', () => this.hide(), true);
  }
  // The box that is being drawn.
  get box() {
    const { corner, spot, tools } = this;
    return corner && spot ? boxOf(tools.photo(), corner, spot) : null;
  }
  // Tells whether there was anything to hide.
  hide() {
    const used = !!(this.spot || this.corner);
    this.spot = this.corner = null;
    if (used) this.tools.draw();
    return used;
  }

  press(e) {
    if (this.tools.locked() || e.ctrlKey || e.metaKey || e.altKey) return;
    const key = keyOf(e);
    if (ARROWS[key]) this.move(ARROWS[key], e.shiftKey);
    else if (this.keys[key]) this.keys[key](e);
    else return;
    e.preventDefault();
    e.stopPropagation();
  }
  move([dx, dy], far) {
    const { port, tools, spot } = this;
    const step = (far ? Crosshair.FAR : Crosshair.STEP) * port.unit();
    const [x0, y0, x1, y1] = port.visible();
    const [x, y] = within(
      tools.photo(),
      spot ? [spot[0] + dx * step, spot[1] + dy * step] : [(x0 + x1) / 2, (y0 + y1) / 2],
    );
    this.spot = [x, y];
    tools.brush().extend([[x, y]]);
    if (x < x0 || x > x1 || y < y0 || y > y1) {
      port.panBy((-dx * step) / port.unit(), (-dy * step) / port.unit());
      tools.show();
    }
    tools.say(this.place());
    tools.draw();
  }
  // Put it there, in sight and with the focus: what Enter does then is the visitor's choice.
  go(spot) {
    const { port, tools } = this;
    if (tools.locked()) return;
    this.spot = within(tools.photo(), spot);
    const [x0, y0, x1, y1] = port.visible(),
      [x, y] = this.spot;
    if (x < x0 || x > x1 || y < y0 || y > y1) port.fit();
    tools.show();
    this.stage.focus();
    tools.say(this.place());
  }
  mark(label) {
    const { tools, spot } = this;
    if (!spot) return this.move([0, 0]);
    if (tools.brush().on) return this.paint(label !== tools.label());
    tools.commit(withPoint(tools.marks(), [...within(tools.photo(), spot), label]));
    tools.say((label ? 'Keeps ' : 'Removes ') + this.place());
  }
  // Sets brush or eraser down, or lifts it; other: the other of them.
  paint(other) {
    const brush = this.tools.brush();
    if (brush.under) return brush.end();
    if (brush.begin(this.spot, other)) this.tools.say('Arrows paint, Enter lifts');
  }
  setCorner() {
    const { tools } = this;
    if (!this.spot) this.move([0, 0]);
    if (!this.corner) {
      this.corner = this.spot;
      tools.say('First corner of a box at ' + this.place());
      return tools.draw();
    }
    const drawn = this.box;
    this.corner = null;
    if (!hasArea(drawn)) {
      tools.say('A box needs two corners apart');
      return tools.draw();
    }
    tools.commit(withBox(tools.marks(), drawn));
    tools.say('Box ' + drawn.map(Math.round).join(', '));
  }
  remove() {
    const { tools, spot } = this;
    const found = spot ? handleAt(spot, tools.marks(), Crosshair.REACH * this.port.unit()) : tools.handle();
    if (!found) return;
    tools.commit(removed(found, tools.marks()));
    tools.say('Mark deleted');
  }
  zoom(factor) {
    this.port.zoomBy(factor);
    this.tools.show();
  }
  place() {
    return within(this.tools.photo(), this.spot).map(Math.round).join(', ');
  }
}
