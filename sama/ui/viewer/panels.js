// The panels: a figure each with a canvas, a port, and what it says while there is nothing to see.
const EXPAND = '<svg viewBox="0 0 20 20"><path d="M12 4h4v4M8 16H4v-4M16 4l-5 5M4 16l5-5"/></svg>';

const FILL =
  '<svg viewBox="0 0 20 20"><path d="M7 3.5H3.5V7M13 3.5h3.5V7M7 16.5H3.5V13M13 16.5h3.5V13"/></svg>';

// enlarge(name): shows this panel alone, or all again; fill(name): fills the window with it.
function makePanel(name, figure, enlarge, fill) {
  const canvas = document.createElement('canvas'),
    wait = document.createElement('div');
  wait.className = 'vw-wait';
  canvas.setAttribute('role', 'img');
  figure.append(canvas, wait);
  if (enlarge) {
    const big = document.createElement('button');
    Object.assign(big, {
      className: 'vw-big',
      type: 'button',
      innerHTML: EXPAND,
      title: 'Show only this panel, or all of them again (E: the next one)',
      onclick: () => enlarge(name),
    });
    const full = document.createElement('button');
    Object.assign(full, {
      className: 'vw-big vw-fill',
      type: 'button',
      innerHTML: FILL,
      title: 'Fill the window with this panel (F), or leave that (Esc)',
      onclick: () => fill(name),
    });
    full.setAttribute('aria-pressed', 'false');
    figure.append(big, full);
  }
  return { name, figure, canvas, wait, port: new Viewport(canvas), painted: false };
}

// What a layer is called: a matte by the method it comes from. titles: {name: title}; methods: [{name, title}].
function titleOf(layer, matte, { titles, methods }) {
  const method = layer === 'alpha' && methods.find(({ name }) => name === matte);
  return method ? method.title : titles[layer];
}
function setCaption({ name, figure, canvas }, title, kind) {
  canvas.setAttribute('aria-label', title);
  if (name === 'slider') return;
  Object.assign(figure.querySelector('figcaption b'), { textContent: title, className: kind });
  figure.querySelector('.vw-big').setAttribute('aria-label', 'Enlarge ' + title);
  figure.querySelector('.vw-fill').setAttribute('aria-label', 'Fill the window with ' + title);
}
// What a panel says whose layers are not there; has: the layers that are; solving: for models without SAMA; stopped:
// what is said instead where nothing will come.
function waitingWords(name, has, trained, solving, stopped) {
  if (!has.sam)
    return name === 'sam' || name === 'slider' ? 'Click the object or draw a box around all of it.' : '';
  if (name === 'sama' && !trained) return 'This model has no SAMA weights.';
  if (has.alpha) return '';
  return stopped || (trained ? 'Waiting for SAMA ...' : solving);
}

// Pixels of the photo's longer side on the largest panel, in steps of eight.
function sideOn(panels, { width, height }) {
  const seen = panels.filter(p => p.painted || p.figure.offsetWidth);
  const side = Math.max(...seen.map(p => p.port.fitScale() * Math.max(width, height)), 1);
  return Math.ceil(side / 8) * 8;
}
// What the panels need to be sharp, see looks.js: all of them what the one with the highest resolution does.
function panelWishes(panels) {
  const open = panels.filter(p => p.painted);
  if (!open.length) return [];
  const largest = open.reduce((a, b) => (b.port.scale() > a.port.scale() ? b : a)).port;
  const names = open.flatMap(p => p.names()).filter(name => name !== 'map');
  return [{ names, box: largest.visible(), scale: largest.scale(), room: 0.2 }];
}
