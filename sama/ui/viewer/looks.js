// Asks the server for closer looks: where panels or the loupe enlarge their pictures beyond what these hold. One look is
// on its way at a time, and only once the view has come to rest.
const LARGEST = 1600; // pixels of the longer side of a look; the server sends no more
const AT_REST = 160,
  LOST = 10000; // milliseconds

function Looks(layers, ask) {
  let timer = 0,
    waiting = 0;
  // Somewhat more than is visible, so that a little panning needs nothing new.
  function roomy([x0, y0, x1, y1], by) {
    const { width, height } = layers.photo,
      dx = by * (x1 - x0),
      dy = by * (y1 - y0);
    return [
      Math.max(0, Math.floor(x0 - dx)),
      Math.max(0, Math.floor(y0 - dy)),
      Math.min(width, Math.ceil(x1 + dx)),
      Math.min(height, Math.ceil(y1 + dy)),
    ];
  }
  return {
    arrived() {
      waiting = 0;
    },
    // wishes: [{names, box, scale, room}], the visible boxes and their scales in screen pixels per photo pixel.
    wish(wishes) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (!layers.photo || (performance.now() - waiting < LOST && waiting)) return;
        for (const { names, box, scale, room } of wishes()) {
          const wide = roomy(box, room),
            longest = Math.max(wide[2] - wide[0], wide[3] - wide[1]);
          const needed = Math.min(1, scale, LARGEST / longest);
          const missing = names.filter(name => layers.lacks(name, box, needed));
          if (!missing.length) continue;
          waiting = performance.now();
          // Masks lie on the photo: where the browser cannot open the file itself it needs that part, too.
          if (
            missing.some(name => name !== 'alpha' && name !== 'composite') &&
            layers.lacks('photo', box, needed)
          )
            missing.push('photo');
          return ask({ box: wide, side: Math.ceil(longest * needed), names: [...new Set(missing)] });
        }
      }, AT_REST);
    },
  };
}
