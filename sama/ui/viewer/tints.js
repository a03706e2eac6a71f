// The tints of an answer's masks that are not their own, {sam, sama}: those that are seen on this object. colour(name): a
// colour of the page; captions in `grid` show them, too.
function tintsOf(pictures, photo, colour, grid) {
  const tints = {};
  for (const name of ['sam', 'sama'].filter(each => pictures[each])) {
    const own = colour(name);
    const chosen = tintFor(pixelsUnder(pictures[name], photo.preview), [own, colour(name + 'other')]);
    if (chosen !== own) tints[name] = chosen;
    grid.style.setProperty('--tint-' + name, chosen);
  }
  return tints;
}
