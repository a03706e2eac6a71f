// The line of time: where one is, what is done, marked and lost, and between which frames one works.
function TimeLine(slider, canvas, { moved }) {
  let state = { frames: 1, start: 0, end: 0, marks: [], done: [], lost: [] };

  function draw() {
    const width = Math.round(canvas.clientWidth * ratio()),
      height = Math.round(canvas.clientHeight * ratio());
    if (!width || !height) return;
    Object.assign(canvas, { width, height });
    const ctx = canvas.getContext('2d'),
      step = width / state.frames;
    const bar = (colour, from, to, top, high) => {
      ctx.fillStyle = colourOf(canvas, colour);
      ctx.fillRect(from * step, top * height, Math.max((to - from) * step, 2 * ratio()), high * height);
    };
    bar('well', 0, state.frames, 0.35, 0.3);
    bar('edge', state.start, state.end + 1, 0.42, 0.16);
    for (const [first, last] of stretches(state.done)) bar('sama', first, last + 1, 0.3, 0.4);
    for (const at of state.lost) bar('drop', at, at + 1, 0.1, 0.8);
    for (const { frame } of state.marks) bar('keep', frame, frame + 1, 0, 1);
  }
  slider.oninput = () => moved(Number(slider.value));
  new ResizeObserver(draw).observe(canvas);
  return {
    show(next) {
      state = { ...state, ...next };
      slider.max = state.frames - 1;
      draw();
    },
    at(index) {
      slider.value = index;
    },
  };
}
