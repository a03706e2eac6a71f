// What a search for everything has found, as plain values: which mask is where, in which order one walks through them,
// what is said of one, and how it becomes an object. An item is {id, src, box, point, score, stable, share}, in pixels
// of the photo; its grid {width, height, cells} has 1 where the mask is.
const SAME_BOX = 0.11; // pixels of the photo: boxes are sent in tenths

// The smallest of the masks at a spot (x, y) of a photo {width, height}, or null.
function foundAt(items, { width, height }, [x, y]) {
  const there = ({ grid }) => {
    const column = Math.min(grid.width - 1, Math.floor((x / width) * grid.width)),
      row = Math.min(grid.height - 1, Math.floor((y / height) * grid.height));
    return grid.cells[row * grid.width + column] > 0;
  };
  const under = items.filter(there).sort((a, b) => a.share - b.share);
  return under[0] || null;
}
// From left to right and from above, in rows of a quarter of the photo.
function readingOrder(items, { height }) {
  const row = ({ box }) => Math.floor(((box[1] + box[3]) / 2 / height) * 4);
  return [...items].sort((a, b) => row(a) - row(b) || a.box[0] + a.box[2] - b.box[0] - b.box[2]);
}
// The next item from `id` on, `steps` further in a list that ends where it begins.
function nextFound(items, id, steps) {
  if (!items.length) return null;
  const at = items.findIndex(item => item.id === id);
  if (at < 0) return items[steps > 0 ? 0 : items.length - 1];
  return items[(at + steps + items.length) % items.length];
}
function describeFound({ score, stable, share }) {
  const sure = score >= 0.85 ? 'very sure' : score >= 0.6 ? 'quite sure' : 'not so sure',
    edge = stable >= 0.95 ? 'a clear outline' : stable >= 0.85 ? 'a fairly clear outline' : 'a vague outline';
  const part = share < 0.01 ? 'less than 1 %' : Math.round(100 * share) + ' %';
  return `SAM is ${sure} (score ${score.toFixed(2)}), ${edge} (stability ${stable.toFixed(2)}), ${part} of the photo`;
}
// Whether an item is one of the objects by now.
const isAdded = ({ boxes }, { box }) => boxes.some(b => b.every((v, i) => Math.abs(v - box[i]) < SAME_BOX));
// Those of which objects are made together: the largest, but neither the photo itself nor one that is there.
function allToAdd(items, marks, most) {
  const free = items.filter(item => item.share < 0.95 && !isAdded(marks, item));
  return free.sort((a, b) => b.share - a.share).slice(0, Math.max(0, most - countOf(marks)));
}
// The marks with another object, in front of none: the mask's box, and the click that has led to it.
function withFound(marks, { box, point }, colours) {
  const own = settled(marks),
    number = own.boxes.length,
    next = withBox(own, box);
  const moved = owner => (owner !== null && owner >= number ? owner + 1 : owner);
  const from = [...Array(countOf(own) + 1).keys()].map(n => (n < number ? n : n === number ? -1 : n - 1));
  const lone = !countOf(own);
  return {
    points: [...next.points, [...point, 1]],
    boxes: next.boxes,
    order: [...orderOf(next), 'point'],
    mask: own.mask,
    owners: [...own.owners.map(moved), number],
    together: false,
    ...listFrom(own, lone ? [-1] : from, colours),
  };
}
