// Brush, eraser and preview of one prompter, put together. $: finds a part; parts: {stage, canvas, port}; isMarked():
// whether there is any mark; list: of objects; trigger: tells the server. Returns {brush, glance, answered}, the last
// whether the marks of a value are answered, or there are none.
function Painting($, parts, tools, { isMarked, list, trigger }) {
  let newest = -1; // number of the prompts that were answered last
  hear('answered', ({ seq }) => {
    newest = seq;
  });
  // Which of SAM's masks was chosen of the only object holds for these prompts; painting on it keeps it.
  let chosen = { seq: -1 };
  hear('chosen', next => {
    chosen = next;
  });
  const keepChoice = () => {
    if (chosen.seq !== tools.value().seq || list.several) return;
    const [only] = list.marks.objects;
    tools.change({ objects: [{ ...only, candidate: chosen.index }], front: [0] }, true);
  };
  const brush = new Brush(
    { ...parts, brush: $('.pr-paint'), eraser: $('.pr-erase'), bar: $('.pr-brush') },
    tools,
    keepChoice,
  );
  const glance = new Glance(
    { ...parts, button: $('.pr-glance') },
    tools,
    // What nobody has drawn yet begins no object.
    next => {
      list.peeking = true;
      const after = list.after(next);
      list.peeking = false;
      return after;
    },
    wanted => trigger('glance', wanted),
  );
  return { brush, glance, answered: ({ seq }) => !isMarked() || newest >= seq };
}
