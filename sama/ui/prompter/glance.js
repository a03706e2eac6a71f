// What a click would give, lightly, where the pointer rests on the photo: SAM's mask alone. It changes nothing. A newer
// place of the pointer, a click or an answer that is on its way drop it. parts: {stage, canvas, port, button}; tools: as
// for Pointing, with `idle()`, whether nothing is under way; after(marks): the marks with the list that a change makes;
// ask({key, seq, place, x, y, number}): of the object that the click would belong to.
const REST = 150; // milliseconds
const SEES = 'sama-glance'; // in the browser's storage: whether it is on

class Glance {
  constructor({ stage, canvas, port, button }, tools, after, ask) {
    Object.assign(this, { port, button, tools, after, ask });
    this.place = 0; // counts the places where the pointer rested
    this.timer = 0;
    this.picture = null; // the mask that is shown
    this.on = chosenBefore(SEES) !== 'off';
    button.onclick = () => this.toggle();
    canvas.addEventListener('pointermove', e => this.move(e));
    for (const name of ['pointerdown', 'wheel']) canvas.addEventListener(name, () => this.forget());
    canvas.addEventListener('pointerleave', () => this.forget());
    stage.addEventListener('keydown', () => this.forget());
    press(button, this.on);
  }
  toggle() {
    this.on = !this.on;
    press(this.button, this.on);
    this.forget();
    noteChoice(SEES, this.on ? 'on' : 'off');
    this.tools.say(this.on ? 'Preview under the pointer is on' : 'Preview under the pointer is off');
  }
  move(e) {
    this.forget();
    if (!this.on || e.pointerType === 'touch' || e.buttons) return;
    const at = this.port.toPhoto(e.clientX, e.clientY);
    this.timer = setTimeout(() => this.rest(at), REST);
  }
  rest(at) {
    const { tools } = this,
      photo = tools.photo();
    if (!photo || tools.locked() || !tools.idle() || !inside(photo, at)) return;
    const spot = within(photo, at),
      now = this.after(tools.marks()),
      next = this.after(withPoint(now, [...spot, 1])),
      [number = 0] = homesOfLast(next);
    performance.mark('sama:rest', { detail: { place: this.place } });
    this.ask({ key: photo.key, seq: tools.value().seq, place: this.place, x: spot[0], y: spot[1], number });
  }
  // What the server has found: {key, seq, place, src}.
  async arrived(next) {
    const here = () =>
      next &&
      next.place === this.place &&
      next.key === this.tools.photo()?.key &&
      next.seq === this.tools.value().seq &&
      this.tools.idle();
    if (!here()) return;
    const picture = await loadPicture(next.src);
    if (!here()) return;
    this.picture = picture;
    this.tools.draw();
    requestAnimationFrame(() => performance.mark('sama:glance', { detail: { place: next.place } }));
  }
  forget() {
    clearTimeout(this.timer);
    this.place += 1;
    if (!this.picture) return;
    this.picture = null;
    this.tools.draw();
  }
  paint(ctx, photo, wide) {
    if (this.picture && this.tools.idle()) paintMask(ctx, photo, this.picture, 0.7 * wide, 0.2);
  }
}
// The objects that the newest point belongs to.
const homesOfLast = marks => allHomes(marks).at(-1) || [];

// A choice that outlives the page, where the browser keeps such things.
function chosenBefore(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
function noteChoice(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    /* this page remembers it */
  }
}
