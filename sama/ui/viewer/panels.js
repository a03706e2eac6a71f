// The panels: a figure each with a canvas, a port, and what it says while there is nothing to see.
const EXPAND = '<svg viewBox="0 0 20 20"><path d="M12 4h4v4M8 16H4v-4M16 4l-5 5M4 16l5-5"/></svg>';

function makePanel(name, figure, enlarge) {
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
      title: 'Show only this panel, or all of them again',
      onclick: () => enlarge(name),
    });
    figure.append(big);
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
  const names = open.flatMap(p => p.names());
  return [{ names, box: largest.visible(), scale: largest.scale(), room: 0.2 }];
}
