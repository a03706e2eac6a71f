// Brush and eraser: strokes are drawn here, without asking anybody, and become marks when the pointer is lifted. The tip
// has a size on the screen, so whoever enlarges the photo paints finer. parts: {stage, canvas, port, brush, eraser} and
// `bar` with the tip's size and whether the model refines what is painted; tools: as for Pointing; before(): is called
// before a stroke becomes a mark.
const TIP = 18; // CSS pixels of its radius, at first
const TIPS = [2, 160];
const TIP_STEP = 1.25;
const NEAR_ENOUGH = 0.04; // radii by which a stroke's line may be simplified
const NO_GROUND = 'There is nothing to erase from yet; click on the object, or paint it first.';

class Brush {
  constructor({ stage, canvas, port, brush, eraser, bar }, tools, before) {
    Object.assign(this, { stage, port, brush, eraser, bar, tools, before });
    this.label = null; // 1 brush, 0 eraser, null where neither is in the hand
    this.tip = TIP;
    this.spot = null; // of the pointer, in photo pixels
    this.under = null; // the stroke that is being drawn: {label, radius, places}
    brush.onclick = () => this.take(1);
    eraser.onclick = () => this.take(0);
    bar.querySelector('.br-smaller').onclick = () => this.resize(1 / TIP_STEP);
    bar.querySelector('.br-larger').onclick = () => this.resize(TIP_STEP);
    bar.querySelector('.br-refine').onclick = () => this.setPainted(false);
    bar.querySelector('.br-painted').onclick = () => this.setPainted(true);
    canvas.addEventListener('pointermove', e => this.hover(e));
    canvas.addEventListener('pointerleave', () => this.hover(null));
    this.show();
  }
  get on() {
    return this.label !== null && !!this.tools.photo();
  }
  // In photo pixels.
  get radius() {
    return tenth(Math.max(this.tip * this.port.unit(), 0.5));
  }

  // ---- the tool --------------------------------------------------------------------------------------------------

  // Takes brush or eraser in the hand; the same once more puts it away.
  take(label) {
    this.cancel();
    this.label = this.label === label ? null : label;
    this.show();
    this.tools.say(
      this.on ? `${this.name} is on; drag to paint. With the keyboard, Enter sets it down and lifts it` : '',
    );
    this.tools.draw();
  }
  // Tells whether there was anything to put away.
  leave() {
    if (this.label === null) return false;
    this.take(this.label);
    this.tools.say('Clicks mark again');
    return true;
  }
  get name() {
    return this.label ? 'Brush' : 'Eraser';
  }
  resize(factor) {
    if (!this.on) return;
    this.tip = clamp(this.tip * factor, ...TIPS);
    this.tools.say(`${this.name} of ${Math.round(2 * this.tip)} pixels`);
    this.show();
    this.tools.draw();
  }
  // Whether the model refines what is painted, or it is taken as it is.
  setPainted(painted) {
    const { tools } = this,
      marks = tools.whole();
    if (tools.locked() || marks.painted === painted) return;
    if (marks.strokes.length || marks.mask) tools.commit({ ...marks, painted });
    else tools.change({ painted }, true);
    this.show();
  }
  show() {
    const { bar, stage } = this,
      painted = !!this.tools.value().painted;
    press(this.brush, this.label === 1);
    press(this.eraser, this.label === 0);
    press(bar.querySelector('.br-refine'), !painted);
    press(bar.querySelector('.br-painted'), painted);
    bar.querySelector('output').textContent = Math.round(2 * this.tip);
    bar.hidden = !this.on;
    stage.classList.toggle('painting', this.on);
  }
  hover(e) {
    if (!this.on) return;
    this.spot = e && this.port.toPhoto(e.clientX, e.clientY);
    this.tools.draw();
  }

  // ---- a stroke --------------------------------------------------------------------------------------------------

  // other: with the other of brush and eraser.
  begin(spot, other = false) {
    const label = other ? 1 - this.label : this.label,
      { tools } = this;
    if (!label && !tools.marked()) {
      tools.tell(NO_GROUND);
      return false;
    }
    this.under = { label, radius: this.radius, places: [spot] };
    this.spot = spot;
    tools.draw();
    return true;
  }
  extend(spots) {
    if (!this.under) return;
    this.under.places.push(...spots);
    this.spot = spots.at(-1);
    this.tools.draw();
  }
  // Makes a mark of what was drawn.
  end() {
    const drawn = this.drawn;
    this.under = null;
    if (!drawn) return;
    const { tools } = this,
      [label, radius] = drawn,
      { width, height } = tools.photo();
    const seen = placesOf(drawn).some(
      ([x, y]) => x > -radius && y > -radius && x < width + radius && y < height + radius,
    );
    if (!seen) return tools.draw();
    this.before();
    tools.commit(withStroke(tools.marks(), drawn));
    tools.say(label ? 'Painted' : 'Erased');
  }
  // Gives up what is being drawn; tells whether there was anything.
  cancel() {
    const busy = !!this.under;
    this.under = null;
    if (busy) this.tools.draw();
    return busy;
  }
  // The stroke that is being drawn, as a mark.
  get drawn() {
    if (!this.under) return null;
    const { label, radius, places } = this.under;
    return [label, radius, ...simplified(places, NEAR_ENOUGH * radius).flat()];
  }

  // ---- on the photo ----------------------------------------------------------------------------------------------

  paint(ctx, strokes, unit, crosshair, colour) {
    const kind = label => colour(label ? 'keep' : 'drop');
    drawStrokes(ctx, strokes, kind, this.on ? 0.34 : 0.16);
    if (!this.on) return;
    if (this.under) drawStrokes(ctx, [this.drawn], kind, 0.5);
    const at = crosshair || this.spot;
    if (at) drawTip(ctx, at, this.radius, unit, this.label ? '#fff' : kind(0));
  }
}
