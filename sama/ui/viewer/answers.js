// Which answer the panels show, and whether what the server sends belongs to it: {key, seq, chosen, matte, trained}, with
// the photo's key and the number of the prompts.
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

// The layers that were sent, as pictures by name; names: of all layers.
async function loadLayers(next, names) {
  const sent = names.filter(name => next[name]),
    pictures = await Promise.all(sent.map(name => loadPicture(next[name])));
  return Object.fromEntries(sent.map((name, i) => [name, pictures[i]]));
}
