// Asks the server for closer looks: where panels or the loupe enlarge their pictures beyond what these hold. One look is
// on its way at a time, and only once the view has come to rest.
const AT_REST = 160,
  LOST = 10000; // milliseconds

// Somewhat more of a photo than a visible box, by a part of its sides, so that a little panning needs nothing new.
function roomy({ width, height }, [x0, y0, x1, y1], by) {
  const dx = by * (x1 - x0),
    dy = by * (y1 - y0);
  return [
    Math.max(0, Math.floor(x0 - dx)),
    Math.max(0, Math.floor(y0 - dy)),
    Math.min(width, Math.ceil(x1 + dx)),
    Math.min(height, Math.ceil(y1 + dy)),
  ];
}
// What to ask for so that a wish comes true, {box, side, names}; null where nothing is missing. A wish is {names, box,
// scale, room}: a visible box and its scale in screen pixels per photo pixel; largest: pixels of the longer side of a
// look, at most.
function lookFor(layers, { names, box, scale, room }, largest) {
  const wide = roomy(layers.photo, box, room),
    longest = Math.max(wide[2] - wide[0], wide[3] - wide[1]);
  const needed = Math.min(1, scale, largest / longest);
  const missing = new Set(names.filter(name => layers.lacks(name, box, needed)));
  if (!missing.size) return null;
  // Masks lie on the photo: where the browser cannot open the file itself it needs that part, too.
  const onPhoto = [...missing].some(name => !['alpha', 'trimap', 'composite'].includes(name));
  if (onPhoto && layers.lacks('photo', box, needed)) missing.add('photo');
  return { box: wide, side: Math.ceil(longest * needed), names: [...missing] };
}

function Looks(layers, ask, largest) {
  let timer = 0,
    waiting = 0;
  function look(wishes) {
    if (!layers.photo || (performance.now() - waiting < LOST && waiting)) return;
    for (const wish of wishes) {
      const wanted = lookFor(layers, wish, largest);
      if (!wanted) continue;
      waiting = performance.now();
      return ask(wanted);
    }
  }
  return {
    arrived() {
      waiting = 0;
    },
    // wishes(): a list of wishes, the most important first.
    wish(wishes) {
      clearTimeout(timer);
      timer = setTimeout(() => look(wishes()), AT_REST);
    },
  };
}
