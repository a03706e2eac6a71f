// The list of objects under the photo: select, name, hide, delete, reorder; and how they lie on the photo. tools: as for
// Pointing, with `value()`, the component's, and `change(fields, quiet)` of what is in it beside marks; colours: of
// objects, in turn; longest: of names.
const VIEWS = [
  ['union', 'All', 'Panels show all objects as one'],
  ['stack', 'Stack', 'The matte shows what is seen of each behind those in front, in its colour'],
  ['one', 'Selected', 'Panels show the selected object alone'],
];
const EYE =
  '<svg viewBox="0 0 20 20"><path d="M2 10s3-5.5 8-5.5 8 5.5 8 5.5-3 5.5-8 5.5S2 10 2 10z"/><circle cx="10" cy="10" r="2.4"/></svg>';
const ROW = `<button type="button" class="ob-pick" title="Clicks belong to the selected object (O: the next one)"><i></i></button>
<input class="ob-name" type="text" aria-label="Name of the object"><output class="ob-score"></output>
<button type="button" class="ob-eye" title="Hide, or show: what is hidden is not exported">${EYE}</button>
<button type="button" class="ob-up" aria-label="To the front" title="To the front"><svg viewBox="0 0 20 20"><path d="m5 12 5-5 5 5"/></svg></button>
<button type="button" class="ob-down" aria-label="To the back" title="To the back"><svg viewBox="0 0 20 20"><path d="m5 8 5 5 5-5"/></svg></button>
<button type="button" class="ob-delete" aria-label="Delete the object" title="Delete the object"><svg viewBox="0 0 20 20"><path d="m5 5 10 10M15 5 5 15"/></svg></button>`;

// One row; act(name, number, detail) does what its controls say.
function objectRow(number, longest, act) {
  const item = document.createElement('li'),
    its = () => Number(item.dataset.number);
  item.innerHTML = ROW;
  item.dataset.number = number;
  for (const name of ['pick', 'eye', 'up', 'down', 'delete'])
    item.querySelector('.ob-' + name).onclick = () => act(name, its());
  const field = item.querySelector('.ob-name');
  field.maxLength = longest;
  field.onchange = () => act('name', its(), field.value.trim());
  item.onkeydown = e => {
    if (e.key === 'Enter' && e.target === field) field.blur();
    if (!e.altKey || !['ArrowUp', 'ArrowDown'].includes(e.key)) return;
    e.preventDefault();
    act(e.key === 'ArrowUp' ? 'up' : 'down', its());
  };
  return item;
}

class ObjectList {
  constructor(place, tools, { object_colours: colours, longest_name: longest }) {
    Object.assign(this, { place, tools, colours, longest });
    this.rows = place.querySelector('.ob-list');
    this.found = null; // {key, seq, items}, with the pictures of the masks
    this.starting = this.peeking = false; // whether the next click begins another object; whether it is only thought of
    this.actions = {
      pick: n => this.select(this.selected === n ? null : n),
      eye: n => this.edit(n, { hidden: !this.marks.objects[n].hidden }),
      name: (n, name) => this.edit(n, { name }),
      up: n => this.move(n, -1),
      down: n => this.move(n, 1),
      delete: n => this.remove(n),
    };
    this.at('views').append(...VIEWS.map(view => this.viewButton(...view)));
    this.at('new').onclick = () => this.start();
    this.at('together').onclick = () => {
      if (!tools.locked()) tools.commit({ ...this.marks, together: !this.marks.together });
    };
  }
  at(name) {
    return this.place.querySelector('.ob-' + name);
  }
  get marks() {
    const marks = wholeMarks(this.tools.marks()),
      count = countOf(marks);
    // A value from elsewhere may say nothing of its objects.
    if (marks.objects.length === count && marks.front.length === count) return marks;
    return { ...marks, ...listFrom(marks, [...Array(count).keys()], this.colours.length) };
  }
  get count() {
    return countOf(this.marks);
  }
  get several() {
    return this.count > 1;
  }
  get selected() {
    const { selected } = this.tools.value();
    return selected < this.count ? (selected ?? null) : null;
  }
  title(number) {
    return this.marks.objects[number]?.name || 'Object ' + (number + 1);
  }
  colour(number) {
    return this.colours[(this.marks.objects[number]?.colour ?? number) % this.colours.length];
  }

  // ---- what a person does ----------------------------------------------------------------------------------------

  act(name, number, detail) {
    if (!this.tools.locked()) this.actions[name](number, detail);
  }
  edit(number, fields) {
    const { objects } = this.marks;
    this.tools.commit({
      ...this.marks,
      objects: replaced(objects, number, { ...objects[number], ...fields }),
    });
  }
  select(number) {
    const { tools } = this;
    this.starting = false;
    // Nothing selected cannot be shown alone.
    tools.change(number === null ? { selected: null, view: 'union' } : { selected: number });
    tools.say(
      number === null ? 'No object is selected' : this.title(number) + ' is selected; clicks belong to it',
    );
  }
  // Selects the next object, and after the last one none.
  next() {
    if (!this.several || this.tools.locked()) return;
    const { front } = this.marks,
      at = front.indexOf(this.selected ?? -1);
    this.select(at + 1 < front.length ? front[at + 1] : null);
  }
  move(number, steps) {
    const front = reordered(this.marks.front, number, steps);
    this.tools.commit({ ...this.marks, front });
    this.tools.say(`${this.title(number)} is number ${front.indexOf(number) + 1} from the front`);
  }
  remove(number) {
    const { tools, marks } = this,
      words = this.title(number) + ' is deleted';
    tools.change({ selected: null, view: 'union' }, true);
    tools.commit(withoutObject(marks, number, this.colours.length));
    tools.say(words);
  }
  start() {
    this.starting = !this.starting;
    if (this.starting) this.tools.change({ selected: null, view: 'union' }, true);
    this.show();
    if (this.starting) this.tools.say('The next click begins another object');
  }
  // Chooses SAM's candidate of an object.
  choose(number, index) {
    this.edit(number, { candidate: index });
  }
  // The marks to put in place of these: `next` brings the list along, or has points and boxes alone.
  after(next) {
    const now = this.marks;
    if (next.objects) return { ...now, ...next };
    const owner = this.starting ? this.count : this.selected;
    if (!this.peeking && grows(now, next)) this.starting = false;
    const other = this.several && !now.together ? this.count : null,
      painter = painterOf(now, next, { owner, selected: this.selected, other });
    return reconciled(now, next, { owner, painter, colours: this.colours.length });
  }
  // What the server has found: {key, seq, items}, or null.
  async arrived(next) {
    const pictures = await Promise.all((next?.items || []).map(({ src }) => loadPicture(src)));
    this.found = next && { ...next, items: next.items.map((item, i) => ({ ...item, picture: pictures[i] })) };
    this.show();
    this.tools.draw();
  }
  forget() {
    this.found = null;
    this.starting = false;
  }

  // ---- the list --------------------------------------------------------------------------------------------------

  viewButton(view, text, title) {
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', textContent: text, title });
    button.dataset.view = view;
    button.onclick = () => this.tools.locked() || this.tools.change({ view });
    return button;
  }
  show() {
    const { marks, count, place, rows } = this;
    place.hidden = this.tools.locked() || !count;
    place.classList.toggle('single', count < 2);
    if (place.hidden) return;
    const { front } = marks,
      held = rows.contains(document.activeElement) && document.activeElement;
    rows.hidden = marks.together;
    const items = front.map(
      number =>
        rows.querySelector(`[data-number="${number}"]`) ||
        objectRow(number, this.longest, (...what) => this.act(...what)),
    );
    if (rows.children.length !== items.length || items.some((item, i) => rows.children[i] !== item)) {
      rows.replaceChildren(...items);
      if (held) held.focus();
    }
    front.forEach((number, i) => {
      this.fill(items[i], number, i, front.length);
    });
    this.showBar(marks, count);
  }
  showBar({ together }, count) {
    const view = this.tools.value().view || 'union';
    for (const button of this.at('views').children) press(button, button.dataset.view === view);
    this.at('views').querySelector('[data-view=one]').disabled = this.selected === null;
    this.at('views').hidden = count < 2 || together;
    press(this.at('new'), this.starting);
    press(this.at('together'), together);
  }
  fill(item, number, place, count) {
    const at = name => item.querySelector('.ob-' + name),
      object = this.marks.objects[number] || {},
      name = this.title(number),
      score = this.found?.items[number]?.score;
    item.style.setProperty('--own', this.colour(number));
    item.classList.toggle('hidden', !!object.hidden);
    at('pick').querySelector('i').textContent = number + 1;
    at('pick').setAttribute('aria-label', 'Select ' + name);
    press(at('pick'), this.selected === number);
    if (document.activeElement !== at('name')) at('name').value = object.name || '';
    at('name').placeholder = 'Object ' + (number + 1);
    at('score').textContent = score === undefined ? '' : score.toFixed(2);
    at('eye').setAttribute('aria-label', 'Hide ' + name);
    press(at('eye'), !!object.hidden);
    at('up').disabled = place === 0;
    at('down').disabled = place === count - 1;
  }

  // ---- on the photo ----------------------------------------------------------------------------------------------

  // Draws the objects' masks, the one in front last; tells whether there was anything to draw.
  paint(ctx, photo, wide) {
    const { marks, found, selected } = this;
    if (found?.key !== photo.key || found.items.length !== this.count || marks.together) return false;
    const one = this.tools.value().view === 'one' ? selected : null;
    for (const number of [...marks.front].reverse()) {
      if (marks.objects[number]?.hidden || (one !== null && one !== number)) continue;
      const thick = selected === number;
      paintMask(ctx, photo, found.items[number].picture, wide * (thick ? 2 : 1), thick ? 0.5 : 0.34);
    }
    return true;
  }
  // The colour of a box's line.
  lineOf(number) {
    return this.several && !this.marks.together ? this.colour(number) : '#fff';
  }
  // What each object is called, at its box's corner or its first click.
  drawTags(ctx, { points, boxes }, unit) {
    const { owners, together, strokes, brushed } = this.marks;
    if (!this.several || together) return;
    for (let number = 0; number < this.count; number++) {
      const click = points.find((p, i) => p[2] === 1 && (owners[i] ?? boxes.length) === number),
        stroke = strokes.find((s, i) => isBrush(s) && (brushed[i] ?? boxes.length) === number),
        at = boxes[number] || click || stroke?.slice(2, 4);
      if (at) drawTag(ctx, at, this.title(number), this.colour(number), unit);
    }
  }
}
