const $ = selector => element.querySelector(selector);
const grid = $('.vw-grid');
const EXPAND = '<svg viewBox="0 0 20 20"><path d="M12 4h4v4M8 16H4v-4M16 4l-5 5M4 16l5-5"/></svg>';
const SWAPPED = { sam: 'sama', sama: 'sam' };

const NOTHING = { key: null, seq: -1, chosen: 0, matte: null, trained: true };
let shown = NOTHING; // the answer on the panels
let mode = 'panels'; // or 'slider', or 'difference'
let swapped = false; // SAM's and SAMA's panels, see blink

const layers = Layers();
const looks = Looks(layers, wanted => trigger('look', wanted));

// ---- panels ------------------------------------------------------------------------------------------------------

const panels = ['sam', 'sama', 'alpha', 'composite', 'difference', 'slider'].map(name => {
  const figure = $(`[data-panel=${name}]`),
    canvas = document.createElement('canvas'),
    wait = document.createElement('div');
  wait.className = 'vw-wait';
  canvas.setAttribute('role', 'img');
  figure.append(canvas, wait);
  const panel = { name, figure, canvas, wait, port: Viewport(canvas), painted: false };
  const layer = () => (swapped && SWAPPED[name]) || name;
  panel.names = () => (name === 'slider' ? slider.names() : [layer()]);
  panel.paint = (ctx, port, crisp) =>
    name === 'slider'
      ? slider.paint(layers, panel)(ctx, port, crisp)
      : layers.paint(ctx, layer(), port, crisp);
  if (name !== 'slider') {
    const big = document.createElement('button');
    Object.assign(big, {
      className: 'vw-big',
      type: 'button',
      innerHTML: EXPAND,
      title: 'Show only this panel, or all of them again',
    });
    big.onclick = () => enlarge(name);
    figure.append(big);
  }
  return panel;
});
const slider = Slider($('[data-panel=slider]'), refresh);
const tour = Tour($('[data-panel=difference]'), place => {
  lead().show(place, PLACE_FILLS);
  change(lead());
});
const loupe = Loupe(panels);
const lead = () => (panels.find(p => p.figure.offsetWidth) || panels[0]).port;

function enlarge(name) {
  const solo = grid.classList.toggle('solo');
  for (const { name: other, figure } of panels) figure.classList.toggle('chosen', solo && other === name);
  draw();
}
const MATTES = { closed_form: 'Training-free matte', solid: 'Solid matte' };
function titleOf(layer) {
  return (layer === 'alpha' && MATTES[shown.matte]) || LAYERS[layer];
}
function caption({ name, figure, canvas, names }) {
  const title = names().map(titleOf).join(' and ');
  canvas.setAttribute('aria-label', title);
  if (name === 'slider') return;
  const b = figure.querySelector('figcaption b');
  Object.assign(b, { textContent: title, className: names()[0] });
  figure.querySelector('.vw-big').setAttribute('aria-label', 'Enlarge ' + title);
}

// ---- drawing -----------------------------------------------------------------------------------------------------

function paint(panel) {
  const { name, canvas, port, wait } = panel;
  if (!port.resize()) {
    panel.painted = false;
    return;
  }
  const ctx = canvas.getContext('2d');
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, canvas.width, canvas.height);
  caption(panel);
  panel.painted = !!layers.photo && panel.names().every(layer => layer === 'photo' || layers.has[layer]);
  wait.textContent = panel.painted ? '' : waiting(name);
  if (panel.painted) panel.paint(ctx, port);
}
function waiting(name) {
  if (!layers.photo) return '';
  if (!layers.has.sam)
    return name === 'sam' || name === 'slider' ? 'Click the object or draw a box around all of it.' : '';
  if (name === 'sama' && !shown.trained) return 'This model has no SAMA weights.';
  if (layers.has.alpha) return '';
  return shown.trained ? 'Waiting for SAMA ...' : 'Solving the training-free matte ...';
}
function draw() {
  panels.forEach(paint);
  loupe.draw();
  if (!layers.photo) return;
  grid.classList.toggle('zoomed', lead().zoomed);
  looks.wish(wishes);
  const { width, height } = layers.photo;
  const side = Math.max(
    ...panels
      .filter(p => p.painted || p.figure.offsetWidth)
      .map(p => p.port.fitScale() * Math.max(width, height)),
    1,
  );
  announce('panel', { side: Math.ceil(side / 8) * 8 });
}
// Closer looks, of the panel with the highest resolution for all, and of the loupe.
function wishes() {
  const open = panels.filter(p => p.painted);
  if (!open.length) return [];
  const largest = open.reduce((a, b) => (b.port.scale() > a.port.scale() ? b : a)).port;
  return [
    { names: open.flatMap(p => p.names()), box: largest.visible(), scale: largest.scale(), room: 0.2 },
    ...loupe.wishes(),
  ];
}
// When something else is to be seen: draws it, and asks for the difference map where that is now needed.
function refresh() {
  draw();
  if (
    shown.seq >= 0 &&
    layers.has.alpha &&
    !layers.has.difference &&
    panels.some(p => p.figure.offsetWidth && p.names().includes('difference'))
  )
    trigger('compare');
}

// ---- what the server sends ---------------------------------------------------------------------------------------

const stale = next =>
  !layers.photo || next.key !== layers.photo.key || (next.key === shown.key && next.seq < shown.seq);
// Whether something belongs to the answer on the panels; SAM's candidates are answers to the same prompts.
const current = next =>
  !stale(next) &&
  next.seq === shown.seq &&
  next.chosen === shown.chosen &&
  next.matte === shown.matte &&
  !!layers.has.alpha;
const namesIn = next => Object.keys(LAYERS).filter(name => next[name]);
async function load(next) {
  const names = namesIn(next),
    loaded = await Promise.all(names.map(name => loadPicture(next[name])));
  return Object.fromEntries(names.map((name, i) => [name, loaded[i]]));
}

async function showLayers() {
  const next = props.layers;
  if (!next) return clear();
  if (stale(next)) return;
  const pictures = await load(next);
  if (stale(next)) return;
  const newer = next.key !== shown.key || next.seq > shown.seq;
  // SAM's early answer must not take away SAMA's answer to the same prompts.
  if (!newer && layers.has.alpha && !next.alpha) return;
  shown = { key: next.key, seq: next.seq, chosen: next.chosen, matte: next.matte, trained: next.trained };
  layers.clear();
  tour.open(null);
  layers.set(pictures);
  announce('mask', { key: next.key, picture: pictures.sama || pictures.sam });
  refresh();
  if (next.alpha) painted('answer');
}
async function showComposite() {
  const next = props.composite;
  if (!next || !current(next)) return;
  const picture = await loadPicture(next.src);
  if (!current(next)) return;
  layers.set({ composite: picture });
  draw();
  painted('composite');
}
async function showLook() {
  looks.arrived();
  const next = props.look;
  if (!next || !current(next)) return;
  const pictures = await load(next),
    first = Object.values(pictures)[0];
  if (!first || !current(next)) return;
  layers.add({ box: next.box, scale: first.naturalWidth / (next.box[2] - next.box[0]), pictures });
  draw();
}
async function showDifference() {
  const next = props.difference;
  if (!next || !current(next)) return;
  const picture = await loadPicture(next.src);
  if (!current(next)) return;
  layers.set({ difference: picture });
  tour.open(next.places);
  draw();
}
function clear() {
  layers.clear();
  shown = NOTHING;
  tour.open(null);
  delete element.dataset.seq;
  announce('mask', { key: null });
  draw();
}
// Says what is now on the canvases, and, for measurements, when the screen had it.
function painted(what) {
  const { seq } = shown;
  element.dataset.seq = seq;
  requestAnimationFrame(() => performance.mark('sama:painted', { detail: { what, seq } }));
}

// ---- view --------------------------------------------------------------------------------------------------------

function share({ zoom, cx, cy }) {
  for (const { port } of panels) Object.assign(port.view, { zoom, cx, cy });
  draw();
}
function change(port) {
  share(port.view);
  announce('view', { ...port.view, from: 'viewer' });
}

function setMode(value) {
  mode = value;
  grid.dataset.mode = mode;
  grid.classList.remove('solo');
  for (const b of element.querySelectorAll('[data-mode]'))
    if (b !== grid) b.setAttribute('aria-pressed', String(b.dataset.mode === mode));
  refresh();
}
function setPlain(value) {
  layers.setPlain(value);
  $('.vw-overlay').setAttribute('aria-pressed', String(!value));
  $('.vw-plain').setAttribute('aria-pressed', String(value));
  draw();
}
function setLoupe(value) {
  $('.vw-loupe').setAttribute('aria-pressed', String(loupe.toggle(value)));
  grid.classList.toggle('loupe', loupe.on);
  if (loupe.on && !loupe.spot && layers.photo) loupe.move([layers.photo.width / 2, layers.photo.height / 2]);
  draw();
}
// SAM and SAMA change places, in both their panels or on both sides of the divider: the eye stays where it is.
function blink() {
  if (mode === 'slider') slider.swap();
  else swapped = !swapped;
  $('.vw-blink').setAttribute('aria-pressed', String(swapped));
  draw();
}
for (const b of element.querySelectorAll('.vw-modes button')) b.onclick = () => setMode(b.dataset.mode);
$('.vw-overlay').onclick = () => setPlain(false);
$('.vw-plain').onclick = () => setPlain(true);
$('.vw-blink').onclick = blink;
$('.vw-loupe').onclick = () => setLoupe();
$('.vw-factor').onchange = e => {
  loupe.setFactor(Number(e.target.value));
  setLoupe(true);
};

for (const panel of panels) gestures(panel, { loupe, change, ready: () => !!layers.photo, draw });
shortcuts(
  grid,
  {
    ' ': blink,
    l: () => setLoupe(),
    d: () => {
      if (mode !== 'difference') setMode('difference');
      else tour.next();
    },
    D: () => {
      if (mode !== 'difference') setMode('difference');
      else tour.previous();
    },
  },
  { loupe, change, lead, ready: () => !!layers.photo, draw },
);

hear('view', view => {
  if (view.from !== 'viewer') share(view);
});
hear('photo', next => {
  layers.open(next);
  for (const { port } of panels) port.setPhoto(next.width, next.height);
  loupe.open(next.width, next.height);
  clear();
  showLayers();
  showComposite();
});
watch('layers', showLayers);
watch('composite', showComposite);
watch('look', showLook);
watch('difference', showDifference);
new ResizeObserver(draw).observe(grid);
setMode('panels');
