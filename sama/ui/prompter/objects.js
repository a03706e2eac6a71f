// Which object each mark belongs to, and what stays of the list of objects when marks change. Objects are numbered as
// the server does (Prompts.groups): those of boxes, then those of clicks alone. Marks are {points, boxes, mask, objects,
// order, owners, together}; owners[i] is the number of the object that point i belongs to, null for where it lies.

// All of it, where some is missing: a photo that was just opened has no list.
function wholeMarks({ points, boxes, mask, objects, order, owners, together }) {
  const known = objects || [];
  return {
    points,
    boxes,
    mask: mask ?? null,
    objects: known,
    order: order || [],
    owners: points.map((_, i) => owners?.[i] ?? null),
    together: !!together,
  };
}
const holdsPoint = (box, [x, y]) => x >= box[0] && y >= box[1] && x <= box[2] && y <= box[3];
// The objects that a point is of where nobody has said; none for one that removes, which is of all.
function homesOf(point, boxes) {
  if (point[2] !== 1) return [];
  if (boxes.length < 2) return [0];
  const homes = boxes.flatMap((box, i) => (holdsPoint(box, point) ? [i] : []));
  return homes.length ? homes : [boxes.length];
}
// How many objects there are.
function countOf({ points, boxes, mask, owners }) {
  if (!points.length && !boxes.length && !mask) return 0;
  const numbers = points.flatMap((point, i) => owners[i] ?? homesOf(point, boxes));
  return Math.max(boxes.length, 1, ...numbers.map(number => number + 1));
}
// Clicks that lie in one object only become its own: a box that is moved, or a new one, does not take them over.
function settled(marks) {
  const owners = marks.points.map((point, i) => {
    const homes = homesOf(point, marks.boxes);
    return marks.owners[i] ?? (homes.length === 1 ? homes[0] : null);
  });
  return { ...marks, owners };
}
// The first colour that no object has, of `colours`; all are taken: in turn.
function freeColour(objects, colours) {
  const taken = new Set(objects.map(({ colour }) => colour));
  const free = [...Array(colours).keys()].find(colour => !taken.has(colour));
  return free ?? objects.length % colours;
}
// For each of `after` the index of the same one in `before`, -1 for a new one: marks that were not touched are the same
// objects, and a list as long as before has one moved.
const cameFrom = (before, after) =>
  after.map((item, i) => (after.length === before.length ? i : before.indexOf(item)));

// The marks after a change of points and boxes, with the list carried over. owner: of points that are new.
function reconciled(old, { points, boxes, mask = old.mask }, { owner = null, colours = 8 } = {}) {
  const several = countOf(old) > 1 || (old.boxes.length > 0 && boxes.length > old.boxes.length);
  const before = several ? settled(old) : old;
  const boxesFrom = cameFrom(before.boxes, boxes),
    pointsFrom = cameFrom(before.points, points);
  const alone = number => number - before.boxes.length; // of an object of clicks, its place among those
  const moved = number =>
    number < before.boxes.length ? boxesFrom.indexOf(number) : boxes.length + alone(number);
  // A box that joins clicks is the first object's, as long as there is one.
  const joins = !several && !before.boxes.length;
  let owners = pointsFrom.map(i => {
    if (i < 0) return owner;
    const own = before.owners[i];
    if (own === null || (joins && own === 0)) return null;
    const next = moved(own);
    return next < 0 ? null : next;
  });
  // Objects of clicks that have lost their last click are gone.
  const homes = points.map((point, i) => (owners[i] === null ? homesOf(point, boxes) : [owners[i]]));
  const first = boxes.length,
    most = Math.max(first - 1, ...homes.flat());
  const stay = [...Array(most + 1).keys()].filter(
    number => number < first || points.some((p, i) => p[2] === 1 && homes[i].includes(number)),
  );
  owners = owners.map(number => {
    const at = number === null ? -1 : stay.indexOf(number);
    return at < 0 ? null : at;
  });
  const oldNumber = number => {
    if (!several && number === 0) return countOf(old) - 1;
    if (number < first) return boxesFrom[number];
    const was = before.boxes.length + number - first;
    return was < countOf(before) ? was : -1;
  };
  const from = (stay.length ? stay : [0]).map(oldNumber);
  return { points, boxes, mask, owners, together: before.together, ...listFrom(before, from, colours) };
}
// The list of objects that came from objects `from` of another list, -1 for new ones.
function listFrom({ objects, order }, from, colours) {
  const list = [];
  for (const number of from) {
    const { name = '', hidden = false, colour, candidate = null } = objects[number] || {};
    list.push({ name, hidden, candidate, colour: colour ?? freeColour([...objects, ...list], colours) });
  }
  const placed = order.map(number => from.indexOf(number)).filter(number => number >= 0);
  return { objects: list, order: [...placed, ...list.keys()].filter((n, i, all) => all.indexOf(n) === i) };
}
// Without object `number`: its box, and the clicks that are its own.
function withoutObject(marks, number, colours) {
  const own = settled(marks);
  const boxes = own.boxes.filter((_, i) => i !== number);
  const points = own.points.filter((_, i) => own.owners[i] !== number);
  const cleared = number === 0 ? { mask: null } : {};
  if (!boxes.length && !points.some(p => p[2] === 1)) return { points: [], boxes: [], mask: null };
  return reconciled(own, { points, boxes, ...cleared }, { colours });
}
// The order with object `number` moved by `steps` places, to the front where they are negative.
function reordered(order, number, steps) {
  const at = order.indexOf(number),
    to = clamp(at + steps, 0, order.length - 1);
  const others = order.filter(other => other !== number);
  return [...others.slice(0, to), number, ...others.slice(to)];
}
