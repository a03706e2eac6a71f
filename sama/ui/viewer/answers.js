// Which answer the panels show, and whether what the server sends belongs to it: {key, seq, chosen, matte, trained,
// first}, with the photo's key and the number of the prompts; first: it is SAM's, and the rest follows at once.
const NOTHING = { key: null, seq: -1, chosen: 0, matte: null, trained: true };

// Whether something is of another photo than the open one, or of older prompts than the shown answer's.
const isLate = (next, shown, photo) =>
  !photo || next.key !== photo.key || (next.key === shown.key && next.seq < shown.seq);
// Whether something belongs to the shown answer; SAM's candidates and the mattes are answers to the same prompts.
const belongs = (next, shown) => ['key', 'seq', 'chosen', 'matte'].every(name => next[name] === shown[name]);
// Whether an answer may take the shown one's place, which has a matte or not: SAM's early answer must not take away
// SAMA's answer to the same prompts.
const mayReplace = (next, shown, matted) =>
  next.key !== shown.key || next.seq > shown.seq || !matted || !!next.alpha;

// Loads the layers that are sent, as pictures by name; names: of all layers. What comes again, as SAM's mask does that
// was sent ahead, is the same picture, of which everything is drawn already.
function Loading(names) {
  let known = new Map(); // what the last ones were, by what was sent
  return async next => {
    const sent = names.filter(name => next[name]),
      pictures = await Promise.all(sent.map(name => known.get(next[name]) || loadPicture(next[name])));
    known = new Map(sent.map((name, i) => [next[name], pictures[i]]));
    return Object.fromEntries(sent.map((name, i) => [name, pictures[i]]));
  };
}

// What comes after an answer and belongs to it: {composite, look, difference}, called with what was sent, and {ground}.
// current(next): whether it is of the answer on the panels; load(next): its layers as pictures; painted(what): say that
// it is seen.
function Additions(layers, { current, load, composing, looks, tour, draw, drawLayer, painted }) {
  function show(composite) {
    layers.set({ composite });
    drawLayer('composite');
    painted('composite');
  }
  return {
    async composite(next) {
      if (!next || !current(next)) return;
      const parts = await composing.load(next, layers.has.alpha);
      if (current(next)) show(composing.take(parts));
    },
    // Another background, of which the server need not be asked.
    ground(next) {
      const made = composing.on(next);
      if (made) show(made);
    },
    async look(next) {
      looks.arrived();
      if (!next || !current(next)) return;
      const pictures = await load(next),
        first = Object.values(pictures)[0];
      if (!first || !current(next)) return;
      layers.add({ box: next.box, scale: first.naturalWidth / (next.box[2] - next.box[0]), pictures });
      draw();
    },
    async difference(next) {
      if (!next || !current(next)) return;
      const difference = await loadPicture(next.src);
      if (!current(next)) return;
      layers.set({ difference });
      tour.open(next.places);
      draw();
    },
  };
}
// For measurements: when the screen had what was drawn now.
function timed(what, seq) {
  requestAnimationFrame(() => performance.mark('sama:painted', { detail: { what, seq } }));
}
