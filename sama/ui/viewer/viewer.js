const $ = selector => element.querySelector(selector);
const grid = $('.vw-grid');
const SWAPPED = { sam: 'sama', sama: 'sam' };
const names = { titles: { ...props.layer_titles }, methods: props.methods };

let asked = null; // the layers whose matte was last asked for
let ahead = NOTHING; // the answer of which SAM's mask is shown already
let shown = NOTHING; // the answer on the panels
let mode = 'panels'; // or 'slider', or 'difference'
let swapped = false; // SAM's and SAMA's panels, see blink
let stopped = ''; // said where an answer did not come

const layers = new Layers(colourOf(element, 'shade'));
const composing = Composing(props.checks);
const looks = Looks(layers, wanted => trigger('look', wanted), props.look_side);

// ---- panels ------------------------------------------------------------------------------------------------------

const figureOf = name => $(`[data-panel=${name}]`);
const panels = ['sam', 'sama', 'alpha', 'composite', 'difference', 'map'].map(name => {
  const panel = makePanel(name, figureOf(name), enlarge, alone => full.toggle(alone));
  const layer = () => (swapped && SWAPPED[name]) || (name === 'alpha' && trimap.on ? 'trimap' : name);
  return Object.assign(panel, {
    names: () => [layer()],
    paint: (ctx, port, crisp) => layers.paint(ctx, layer(), port, crisp),
  });
});
const both = makePanel('slider', figureOf('slider'));
const slider = Slider(both.figure, props.layer_titles, refresh);
panels.push(Object.assign(both, { names: slider.names, paint: slider.paint(layers, both.port) }));
const trimap = Trimap($('.vw-mattes'), { layers, slider, draw: () => draw() });

const maps = Maps($('[data-mode=map]'), { layers, names, draw: () => refresh(), mode: () => mode, setMode });

const tour = Tour(figureOf('difference'), place => {
  lead().show(place, PLACE_FILLS);
  change(lead());
});
const loupe = new Loupe(panels, Number($('.vw-factor').value));
const lead = () => (panels.find(p => p.figure.offsetWidth) || panels[0]).port;

const sole = Sole(grid, panels, () => draw());
function enlarge(name) {
  if (full.on) full.close();
  else sole.show(sole.name ? null : name);
}
const full = FullScreen(grid, sole, { proper: () => properPanel(panels, mode) });

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
  const open = panel.names();
  setCaption(panel, open.map(layer => titleOf(layer, shown.matte, names)).join(' and '), open[0]);
  panel.painted = !!layers.photo && open.every(layer => layer === 'photo' || layers.has[layer]);
  const silent = panel.painted || !layers.photo || shown.first; // the rest comes in a moment
  wait.textContent = silent ? '' : waitingWords(name, layers.has, shown.trained, props.solving, stopped);
  if (panel.painted) panel.paint(ctx, port);
}
function draw() {
  panels.forEach(paint);
  loupe.draw();
  if (!layers.photo) return;
  grid.classList.toggle('zoomed', lead().zoomed);
  wish();
  announce('panel', { side: sideOn(panels, layers.photo) });
}
function wish() {
  looks.wish(() => [...panelWishes(panels), ...loupe.wishes()]);
}
// Draws where a layer is seen.
function drawLayer(name) {
  for (const panel of panels) if (panel.names().includes(name)) paint(panel);
  loupe.draw();
  wish();
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

const stale = next => isLate(next, shown, layers.photo) || isLate(next, ahead, layers.photo);
// Whether something is of the answer on the panels.
const current = next => !stale(next) && belongs(next, shown) && !!layers.has.alpha;
const tints = pictures => tintsOf(pictures, layers.photo, name => colourOf(element, name), grid);
const load = Loading(Object.keys(props.layer_titles));

const drawing = { draw: () => draw(), drawLayer: name => drawLayer(name) };
const additions = Additions(layers, { current, load, composing, looks, tour, ...drawing, painted });

async function showLayers() {
  const next = props.layers;
  if (!next) return clear();
  if (stale(next)) return;
  stopped = ''; // before the pictures are there: a failure may come meanwhile
  if (next.solve && next !== asked) trigger('solve');
  asked = next;
  const loading = load(next),
    opacity = loading.then(({ alpha }) => alpha);
  const [pictures, parts] = await Promise.all([loading, next.cut && composing.load(next, opacity)]);
  if (!props.layers) return; // cleared meanwhile
  if (stale(next) || !mayReplace(next, shown, !!layers.has.alpha)) return;
  if (next.first && layers.has.alpha && next.key === shown.key) return showFirst(next, pictures);
  const { key, seq, chosen, matte, trained, first } = next;
  shown = { key, seq, chosen, matte, trained, first };
  layers.clear();
  tour.open(null);
  layers.tints = tints(pictures);
  if (parts) pictures.composite = composing.take(parts);
  layers.set(pictures);
  const best = pictures.sama ? 'sama' : 'sam';
  announce('mask', { key: next.key, picture: pictures[best], tint: layers.tints[best] });
  if (next.alpha) announce('answered', { seq });
  if (next.alpha) trimap.offer();
  refresh();
  if (next.alpha) painted('answer');
  if (next.alpha) announce('answer', { key, seq, matte });
  if (first) timed('first', seq);
}
// SAM's mask of an answer that is under way; the other panels stay as they are until it comes.
function showFirst(next, { sam }) {
  ahead = next;
  Object.assign(layers.tints, tints({ sam }));
  layers.set({ sam });
  drawLayer('sam');
  timed('first', next.seq);
}
function clear() {
  layers.clear();
  composing.forget();
  shown = ahead = NOTHING;
  tour.open(null);
  delete element.dataset.seq;
  announce('mask', { key: null });
  draw();
}
// Says what is now on the canvases, and, for measurements, when the screen had it.
function painted(what) {
  element.dataset.seq = shown.seq;
  timed(what, shown.seq);
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
  full.close();
  mode = value;
  grid.dataset.mode = mode;
  grid.classList.remove('solo');
  noteClosed('panel');
  if (mode === 'panels') noteClosed('mode');
  else noteOpen('mode', () => setMode('panels'));
  for (const b of element.querySelectorAll('[data-mode]')) if (b !== grid) press(b, b.dataset.mode === mode);
  refresh();
}
function setPlain(value) {
  layers.setPlain(value);
  press($('.vw-overlay'), !value);
  press($('.vw-plain'), value);
  draw();
}
function setLoupe(value) {
  press($('.vw-loupe'), loupe.toggle(value));
  grid.classList.toggle('loupe', loupe.on);
  if (loupe.on) noteOpen('loupe', () => setLoupe(false));
  else noteClosed('loupe');
  if (loupe.on && !loupe.spot && layers.photo) loupe.move([layers.photo.width / 2, layers.photo.height / 2]);
  draw();
}
// SAM and SAMA change places, in both their panels or on both sides of the divider: the eye stays where it is.
function blink() {
  if (mode === 'slider') slider.swap();
  else swapped = !swapped;
  press($('.vw-blink'), swapped);
  draw();
}
for (const b of element.querySelectorAll('.vw-modes button')) b.onclick = () => setMode(b.dataset.mode);
$('.vw-overlay').onclick = () => setPlain(false);
$('.vw-plain').onclick = () => setPlain(true);
$('.vw-blink').onclick = blink;
$('.vw-loupe').onclick = () => setLoupe();
$('.vw-factor').onchange = e => {
  loupe.factor = Number(e.target.value);
  setLoupe(true);
};

for (const panel of panels) gestures(panel, { loupe, change, ready: () => !!layers.photo, draw });
shortcuts(
  grid,
  {
    ' ': blink,
    l: () => setLoupe(),
    d: e => {
      if (mode !== 'difference') setMode('difference');
      else if (e.shiftKey) tour.previous();
      else tour.next();
    },
  },
  { loupe, change, lead, ready: () => !!layers.photo, draw },
);
enlargingKeys(sole, full, () => layers.photo && mode);

hear('view', view => {
  if (view.from !== 'viewer') share(view);
});
hear('photo', next => {
  maps.forget();
  layers.open(next);
  for (const { port } of panels) port.setPhoto(next.width, next.height);
  loupe.open(next.width, next.height);
  clear();
  showLayers();
  additions.composite(props.composite);
});
hear('ground', additions.ground);
watch('layers', showLayers);
watch('stopped', () => {
  stopped = props.no_answer;
  draw();
});
for (const name of ['composite', 'look', 'difference']) watch(name, () => additions[name](props[name]));
new ResizeObserver(draw).observe(grid);
trimap.offer();
setMode('panels');
