// Which object each mark belongs to, and what stays of the list of objects when marks change. Objects are numbered as
// the server does (Prompts.groups): those of boxes, then those of clicks alone. Marks are {points, boxes, strokes, order,
// mask, objects, front, owners, brushed, together, painted}; owners[i] is the number of the object that point i belongs to, null for where it
// lies; front has the objects' numbers from front to back.

// All of it, where some is missing: a photo that was just opened has no list.
function wholeMarks({ points, boxes, order, mask, objects, front, owners, together, ...painting }) {
  const known = objects || [],
    { strokes = [], brushed, painted } = painting;
  return {
    points,
    boxes,
    strokes,
    order: orderOf({ points, boxes, strokes, order }),
    mask: mask ?? null,
    objects: known,
    front: front || [],
    owners: points.map((_, i) => owners?.[i] ?? null),
    brushed: strokes.map((_, i) => brushed?.[i] ?? null),
    together: !!together,
    painted: !!painted,
  };
}
const holdsPoint = (box, [x, y]) => x >= box[0] && y >= box[1] && x <= box[2] && y <= box[3];
// The objects that point i is of where nobody has said; none for one that removes, which is of all, and for one beside
// all boxes that came before them: the wrong thing was clicked, and the right one boxed.
function homesOf(marks, i) {
  const { points, boxes } = marks;
  if (points[i][2] !== 1) return [];
  if (boxes.length < 2) return [0];
  const homes = boxes.flatMap((box, number) => (holdsPoint(box, points[i]) ? [number] : []));
  if (homes.length) return homes;
  return i < orderOf(marks).indexOf('box') ? [] : [boxes.length];
}
// The same of all points, with what has been said.
const allHomes = marks =>
  marks.points.map((_, i) => {
    const own = marks.owners[i];
    return own === null ? homesOf(marks, i) : [own];
  });
// How many objects there are.
function countOf(marks) {
  const { points, boxes, mask, strokes = [] } = marks;
  if (!points.length && !boxes.length && !mask && !strokes.length) return 0;
  const numbers = [...allHomes(marks), ...strokeHomes(marks)].flat();
  return Math.max(boxes.length, 1, ...numbers.map(number => number + 1));
}
// Clicks and strokes that lie in one object only become its own: a box that is moved, or a new one, does not take them
// over.
function settled(marks) {
  const only = homes => (homes.length === 1 ? homes[0] : null);
  return { ...marks, owners: allHomes(marks).map(only), brushed: strokeHomes(marks).map(only) };
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

// The marks after a change of points, boxes and strokes, with the list carried over. owner: of points that are new;
// painter: of such strokes.
function reconciled(
  old,
  { points, boxes, order, mask = old.mask, strokes = old.strokes || [] },
  { owner = null, painter = owner, colours = 8 } = {},
) {
  const several = countOf(old) > 1 || (old.boxes.length > 0 && boxes.length > old.boxes.length);
  const before = several ? settled(old) : old;
  const boxesFrom = cameFrom(before.boxes, boxes);
  const alone = number => number - before.boxes.length; // of an object of clicks, its place among those
  const moved = number =>
    number < before.boxes.length ? boxesFrom.indexOf(number) : boxes.length + alone(number);
  // A box that joins clicks is the first object's, as long as there is one.
  const joins = !several && !before.boxes.length;
  const carried = (from, owned, fresh) =>
    from.map(i => {
      if (i < 0) return fresh;
      const own = owned?.[i] ?? null;
      if (own === null || (joins && own === 0)) return null;
      const next = moved(own);
      return next < 0 ? null : next;
    });
  let owners = carried(cameFrom(before.points, points), before.owners, owner),
    brushed = carried(cameFrom(before.strokes || [], strokes), before.brushed, painter);
  // Objects of clicks that have lost their last click are gone.
  const drawn = { points, boxes, strokes, order: orderOf({ points, boxes, strokes, order }), mask };
  const homes = allHomes({ ...drawn, owners }),
    painted = strokeHomes({ ...drawn, brushed });
  const first = boxes.length,
    most = Math.max(first - 1, ...homes.flat(), ...painted.flat());
  const stay = [...Array(most + 1).keys()].filter(
    number =>
      number < first ||
      points.some((p, i) => p[2] === 1 && homes[i].includes(number)) ||
      strokes.some((stroke, i) => isBrush(stroke) && painted[i].includes(number)),
  );
  const staying = number => {
    const at = number === null ? -1 : stay.indexOf(number);
    return at < 0 ? null : at;
  };
  owners = owners.map(staying);
  brushed = brushed.map(staying);
  const oldNumber = number => {
    if (!several && number === 0) return countOf(old) - 1;
    if (number < first) return boxesFrom[number];
    const was = before.boxes.length + number - first;
    return was < countOf(before) ? was : -1;
  };
  const from = (stay.length ? stay : [0]).map(oldNumber);
  const kept = { owners, brushed, together: before.together, painted: !!before.painted };
  const next = { ...drawn, ...kept, ...listFrom(before, from, colours) };
  // What was chosen of SAM's masks of a click holds for that click alone.
  const chosen = (object, number) =>
    before.points.includes(loneClick(next, number)) ? object : { ...object, candidate: null };
  return { ...next, objects: next.objects.map(chosen) };
}
// The click of an object that has nothing else, for which SAM offers several masks.
function loneClick(marks, number) {
  const { points, boxes, owners, mask } = marks;
  if (boxes[number] || mask) return null;
  const homes = allHomes(marks);
  const own = points.filter((p, i) => homes[i].includes(number) || (p[2] === 0 && owners[i] === null));
  return own.length === 1 ? own[0] : null;
}
// The list of objects that came from objects `from` of another list, -1 for new ones.
function listFrom({ objects, front }, from, colours) {
  const list = [];
  for (const number of from) {
    const { name = '', hidden = false, colour, candidate = null } = objects[number] || {};
    list.push({ name, hidden, candidate, colour: colour ?? freeColour([...objects, ...list], colours) });
  }
  const placed = front.map(number => from.indexOf(number)).filter(number => number >= 0);
  return { objects: list, front: [...placed, ...list.keys()].filter((n, i, all) => all.indexOf(n) === i) };
}
// Without object `number`: its box, and the clicks that are its own.
function withoutObject(marks, number, colours) {
  const own = settled(marks);
  const boxes = own.boxes.filter((_, i) => i !== number);
  const points = own.points.filter((_, i) => own.owners[i] !== number);
  const strokes = (own.strokes || []).filter((_, i) => own.brushed[i] !== number);
  const seen = { point: -1, box: -1, stroke: -1 },
    gone = {
      point: i => own.owners[i] === number,
      box: i => i === number,
      stroke: i => own.brushed[i] === number,
    };
  const order = orderOf(own).filter(word => {
    seen[word] += 1;
    return !gone[word](seen[word]);
  });
  const cleared = number === 0 ? { mask: null } : {};
  if (!boxes.length && !points.some(p => p[2] === 1) && !strokes.some(isBrush))
    return { points: [], boxes: [], strokes: [], mask: null };
  return reconciled(own, { points, boxes, strokes, order, ...cleared }, { colours });
}
// Numbers from front to back with object `number` moved by `steps` places, to the front where they are negative.
function reordered(front, number, steps) {
  const at = front.indexOf(number),
    to = clamp(at + steps, 0, front.length - 1);
  const others = front.filter(other => other !== number);
  return [...others.slice(0, to), number, ...others.slice(to)];
}
