// "Find everything": masks of all there is arrive on the photo as they are found; one under the pointer is described, a
// click adds it to the objects, arrows walk through them and Enter adds. tools: as for ObjectList; ask(event, detail)
// goes to the server; most, colours: of objects.
const LAYER_SIDE = 1024; // longer side of the picture of all masks, in pixels
const GRID_SIDE = 256; // of what tells which mask is under the pointer
const TOGETHER = 4; // objects that are added at a time

class Everything {
  constructor({ place, button, canvas, stage, port }, tools, ask, { most_objects: most, object_colours }) {
    Object.assign(this, { place, button, canvas, stage, port, tools, ask, most });
    this.colours = object_colours.length;
    this.forget();
    button.onclick = () => this.toggle();
    this.at('all').onclick = () => this.addAll();
    this.at('stop').onclick = () => this.stop();
    this.at('close').onclick = () => this.close();
    canvas.addEventListener('pointermove', e => this.hover(e));
    canvas.addEventListener('pointerleave', () => this.point(null));
    stage.addEventListener('keydown', e => this.press(e), true);
    place.addEventListener('keydown', e => this.press(e));
  }
  at(name) {
    return this.place.querySelector('.ev-' + name);
  }
  forget() {
    this.search = ''; // the name of the search whose masks are shown
    this.looking = false; // whether more may come
    this.items = [];
    this.known = new Map(); // by id, with picture and grid
    this.pointed = null; // the id of the one that is described
    this.queue = []; // those that "Add all" has still to add
    this.all = 0;
    this.layer = null;
    [this.done, this.total] = [0, 0];
  }
  // Those that are no objects yet.
  get free() {
    const marks = this.tools.marks();
    return this.items.filter(item => !isAdded(marks, item));
  }

  // ---- a search ----------------------------------------------------------------------------------------------------

  toggle() {
    if (this.search) this.close();
    else this.start();
  }
  start() {
    const { tools, stage } = this;
    if (tools.locked()) return;
    this.forget();
    this.search = crypto.getRandomValues(new Uint32Array(4)).join('-');
    this.looking = true;
    noteOpen('everything', () => this.close());
    stage.focus({ preventScroll: true });
    this.show();
    this.ask('find', { work: this.search });
  }
  stop() {
    if (this.queue.length) this.queue = [];
    else if (this.looking) {
      this.looking = false;
      this.ask('enough', { work: this.search });
    }
    this.show();
  }
  close() {
    if (!this.search) return;
    if (this.looking) this.ask('enough', { work: this.search });
    noteClosed('everything');
    this.forget();
    this.show();
    this.stage.focus({ preventScroll: true });
  }
  // What the server has found by now.
  async arrived(news) {
    if (!news || !this.search || news.work !== this.search || !this.looking) return;
    const fresh = (news.items || []).filter(({ id }) => !this.known.has(id));
    const pictures = await Promise.all(fresh.map(({ src }) => loadPicture(src)));
    if (news.work !== this.search) return; // closed meanwhile
    fresh.forEach((item, i) => {
      this.known.set(item.id, { ...item, picture: pictures[i], grid: gridOf(pictures[i]) });
    });
    if (!news.over && (news.done || 0) < this.done) return; // overtaken by a later one
    if (news.total) [this.done, this.total] = [news.done, news.total];
    const found = news.items?.map(({ id }) => this.known.get(id));
    if (found) this.items = readingOrder(found, this.tools.photo());
    if (news.over) this.looking = false;
    this.layer = null;
    this.show();
  }

  // ---- choosing ----------------------------------------------------------------------------------------------------

  // A click at a spot of the photo; tells whether it is meant for what was found.
  pick(spot) {
    if (!this.search) return false;
    const item = foundAt(this.free, this.tools.photo(), spot);
    if (item) this.add([item]);
    else this.tools.say('Nothing was found here; choose a coloured part, or Done for clicks of your own');
    return true;
  }
  add(items) {
    const { tools } = this;
    let marks = tools.whole();
    if (marks.mask) return tools.tell('A mask is marked; clear it, then choose from what was found.');
    for (const item of items) marks = withFound(marks, item, this.colours);
    this.layer = null;
    this.pointed = null;
    tools.commit(marks);
    tools.say(items.length === 1 ? `Object ${countOf(marks)} is added` : `${items.length} objects are added`);
    this.show();
  }
  addAll() {
    this.queue = allToAdd(this.items, this.tools.marks(), this.most);
    this.all = this.queue.length;
    this.more();
  }
  // An answer has come: the next ones of "Add all".
  more() {
    if (this.queue.length) this.add(this.queue.splice(0, TOGETHER));
  }
  // The objects of prompts number `seq` are answered.
  answered(seq) {
    if (this.search && seq === this.tools.value().seq) this.more();
  }
  hover(e) {
    if (!this.search || e.pointerType === 'touch' || e.buttons) return;
    const at = foundAt(this.free, this.tools.photo(), this.port.toPhoto(e.clientX, e.clientY));
    this.point(at?.id ?? null);
  }
  point(id) {
    if (this.pointed === id) return;
    this.pointed = id;
    this.show();
  }
  press(e) {
    if (!this.search || e.ctrlKey || e.metaKey || e.altKey) return;
    const { free, tools } = this,
      step = ARROWS[e.key],
      onButton = this.place.contains(e.target);
    if (step) {
      const next = nextFound(free, this.pointed, step[0] + step[1]);
      this.point(next?.id ?? null);
      if (next) tools.say(this.words(next));
      if (onButton) this.stage.focus({ preventScroll: true });
    } else if (e.key === 'Enter' && !onButton) {
      const item = free.find(({ id }) => id === this.pointed),
        after = item && nextFound(free, item.id, 1);
      if (item) this.add([item]);
      if (after && after !== item) this.point(after.id);
    } else return;
    e.preventDefault();
    e.stopPropagation();
  }
  words(item) {
    return `${this.items.indexOf(item) + 1} of ${this.items.length}: ${describeFound(item)}`;
  }

  // ---- what is seen ------------------------------------------------------------------------------------------------

  show() {
    const { place, button, search, looking, queue } = this;
    place.hidden = !search;
    button.disabled = this.tools.locked();
    press(button, !!search);
    this.stage.classList.toggle('finding', !!search);
    if (search) {
      this.at('done').hidden = !looking;
      this.at('done').value = this.total ? this.done / this.total : 0;
      this.tell(this.sentence());
      const item = this.free.find(({ id }) => id === this.pointed);
      this.at('at').textContent = item ? this.words(item) : '';
      const all = allToAdd(this.items, this.tools.marks(), this.most).length;
      this.at('all').hidden = looking || queue.length > 0 || all === 0;
      this.at('all').textContent = all < this.free.length ? `Add the ${all} largest` : `Add all ${all}`;
      this.at('stop').hidden = !looking && !queue.length;
    }
    this.tools.draw();
  }
  // Only what is new is told to a screen reader.
  tell(text) {
    if (this.at('text').textContent !== text) this.at('text').textContent = text;
  }
  sentence() {
    const { items, looking, queue, all } = this;
    if (queue.length) return `Adding ${all - queue.length} of ${all} ...`;
    const how = window.matchMedia('(hover: none)').matches ? 'Tap' : 'Click';
    if (looking && !items.length) return 'Looking for everything in the photo ...';
    if (!items.length) return 'Nothing was found; click the object, or draw a box around it.';
    const so = looking ? ' so far' : '';
    return `${items.length} found${so}. ${how} a coloured part to cut it out; another one is another object.`;
  }
  paint(ctx, photo, wide) {
    if (!this.search || this.tools.locked()) return;
    const { free } = this;
    const shown = free.map(({ id }) => id).join();
    if (!this.layer || this.layer.shown !== shown) this.layer = { shown, picture: layerOf(free, photo) };
    ctx.globalAlpha = 0.55;
    ctx.drawImage(this.layer.picture, 0, 0, photo.width, photo.height);
    ctx.globalAlpha = 1;
    const item = free.find(({ id }) => id === this.pointed);
    if (item) paintMask(ctx, photo, item.picture, 2 * wide, 0.6);
  }
}
// All masks on each other, the large ones below.
function layerOf(items, { width, height }) {
  const scale = Math.min(1, LAYER_SIDE / Math.max(width, height)),
    picture = document.createElement('canvas');
  [picture.width, picture.height] = [width, height].map(v => Math.max(1, Math.round(v * scale)));
  const ctx = picture.getContext('2d');
  for (const item of [...items].sort((a, b) => b.share - a.share)) {
    // What lies below must not shine through.
    ctx.globalCompositeOperation = 'destination-out';
    ctx.drawImage(item.picture, 0, 0, picture.width, picture.height);
    ctx.globalCompositeOperation = 'source-over';
    ctx.drawImage(item.picture, 0, 0, picture.width, picture.height);
  }
  return picture;
}
function gridOf(picture) {
  const scale = Math.min(1, GRID_SIDE / Math.max(picture.naturalWidth, picture.naturalHeight)),
    small = document.createElement('canvas');
  small.width = Math.max(1, Math.round(picture.naturalWidth * scale));
  small.height = Math.max(1, Math.round(picture.naturalHeight * scale));
  const ctx = small.getContext('2d', { willReadFrequently: true });
  ctx.drawImage(picture, 0, 0, small.width, small.height);
  const { data } = ctx.getImageData(0, 0, small.width, small.height);
  const cells = new Uint8Array(small.width * small.height);
  for (let i = 0; i < cells.length; i++) cells[i] = data[4 * i + 3] > 127 ? 1 : 0;
  return { width: small.width, height: small.height, cells };
}
