// Prompts without a pointer, while the photo has the focus: arrows move a crosshair, Enter keeps what is under it, Shift
// and Enter remove it, B sets one corner of a box and then the other, Delete takes a mark away, plus and minus zoom.
// tools: as for Pointing, and `say` for what a screen reader should hear.
function Crosshair({ stage, port }, tools) {
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const STEP = 8,
    FAR = 64,
    REACH = 12; // CSS pixels
  let spot = null; // in photo pixels; null while nobody uses it
  let corner = null; // of a box that waits for its other corner

  const place = () => within(tools.photo(), spot).map(Math.round).join(', ');
  const middle = () => {
    const [x0, y0, x1, y1] = port.visible();
    return [(x0 + x1) / 2, (y0 + y1) / 2];
  };
  function move([dx, dy], far) {
    const step = (far ? FAR : STEP) * port.unit(),
      from = spot || middle();
    spot = within(tools.photo(), spot ? [from[0] + dx * step, from[1] + dy * step] : from);
    const [x0, y0, x1, y1] = port.visible();
    if (spot[0] < x0 || spot[0] > x1 || spot[1] < y0 || spot[1] > y1) {
      port.panBy((-dx * step) / port.unit(), (-dy * step) / port.unit());
      tools.show();
    }
    tools.say(place());
    tools.draw();
  }
  function mark(label) {
    if (!spot) return move([0, 0]);
    const { points, boxes } = tools.marks();
    tools.commit({ points: [...points, [...within(tools.photo(), spot), label]], boxes });
    tools.say((label ? 'Keeps ' : 'Removes ') + place());
  }
  function box() {
    if (!spot) move([0, 0]);
    if (!corner) {
      corner = spot;
      tools.say('First corner of a box at ' + place());
      return tools.draw();
    }
    const { points, boxes } = tools.marks(),
      drawn = boxOf(tools.photo(), corner, spot);
    corner = null;
    if (!hasArea(drawn)) {
      tools.say('A box needs two corners apart');
      return tools.draw();
    }
    tools.commit({ points, boxes: [...boxes, drawn] });
    tools.say('Box ' + drawn.map(Math.round).join(', '));
  }
  function remove() {
    const found = spot ? handleAt(spot, tools.marks(), REACH * port.unit()) : tools.handle();
    if (!found) return;
    tools.commit(removed(found, tools.marks()));
    tools.say('Mark deleted');
  }
  function zoom(factor) {
    port.zoomBy(factor);
    tools.show();
  }

  const KEYS = {
    Enter: e => mark(e.shiftKey ? 0 : tools.label()),
    b: box,
    B: box,
    Delete: remove,
    Backspace: remove,
    '+': () => zoom(1.25),
    '=': () => zoom(1.25),
    '-': () => zoom(0.8),
  };
  stage.addEventListener('keydown', e => {
    if (tools.locked() || e.ctrlKey || e.metaKey || e.altKey) return;
    if (ARROWS[e.key]) move(ARROWS[e.key], e.shiftKey);
    else if (KEYS[e.key]) KEYS[e.key](e);
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  // Tells whether there was anything to hide.
  function hide() {
    const used = !!(spot || corner);
    spot = corner = null;
    if (used) tools.draw();
    return used;
  }
  stage.addEventListener('pointerdown', hide, true);

  return {
    hide,
    get spot() {
      return spot;
    },
    get box() {
      return corner && spot ? boxOf(tools.photo(), corner, spot) : null;
    },
  };
}
