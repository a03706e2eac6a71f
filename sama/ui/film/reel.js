// Marks on the frames of a clip: a list of {frame, points, boxes, order} by number of frame, never changed in place.
const marksOn = (marks, frame) =>
  marks.find(mark => mark.frame === frame) || { frame, points: [], boxes: [], order: [] };
function withMarks(marks, mark) {
  const others = marks.filter(each => each.frame !== mark.frame);
  return (mark.order.length ? [...others, mark] : others).sort((a, b) => a.frame - b.frame);
}
const withPoint = (mark, point) => ({
  ...mark,
  points: [...mark.points, point],
  order: [...mark.order, 'point'],
});
// A frame has one box: a second one takes its place.
const withBox = (mark, box) => ({
  ...mark,
  boxes: [box],
  order: [...mark.order.filter(word => word !== 'box'), 'box'],
});
// The box between two corners, inside a frame of (width, height) pixels.
function boxOf([ax, ay], [bx, by], { width, height }) {
  const xs = [ax, bx].map(x => clamp(x, 0, width)).sort((a, b) => a - b);
  const ys = [ay, by].map(y => clamp(y, 0, height)).sort((a, b) => a - b);
  return [xs[0], ys[0], xs[1], ys[1]];
}

// "0:07.48" for frame 187 of 25 a second.
function clockOf(frame, rate) {
  const hundredths = Math.round((100 * frame) / (rate || 25));
  const seconds = Math.floor(hundredths / 100),
    two = n => String(n).padStart(2, '0');
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}.${two(hundredths % 100)}`;
}
// Numbers as stretches [first, last] without a gap.
function stretches(numbers) {
  const found = [];
  for (const n of [...numbers].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && n <= last[1] + 1) last[1] = n;
    else found.push([n, n]);
  }
  return found;
}

// Frames that the page has, the newest last; the pictures of frames seen long ago are given up, and asked for again.
class FrameStore {
  constructor(most) {
    this.most = most;
    this.items = new Map();
  }
  get(index) {
    return this.items.get(index);
  }
  put(item) {
    this.items.delete(item.index);
    this.items.set(item.index, item);
    while (this.items.size > this.most) this.items.delete(this.items.keys().next().value);
  }
  // What was found from a frame on is out of date; the frame itself is not.
  forget(from) {
    for (const [index, { src }] of this.items) if (index >= from) this.items.set(index, { index, src });
  }
  clear() {
    this.items.clear();
  }
}
