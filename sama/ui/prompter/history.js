// What was marked before, and what has been undone. `marks` returns {points, boxes}, `put` replaces them.
function History({ marks, put, locked }) {
  let past = [],
    future = [];
  const travel = (from, to) => {
    if (!from.length || locked()) return;
    to.push(marks());
    put(from.pop());
  };
  return {
    commit(next) {
      this.note(marks());
      put(next);
    },
    // Something else has replaced these marks.
    note(before) {
      past.push(before);
      future = [];
    },
    undo() {
      travel(past, future);
    },
    redo() {
      travel(future, past);
    },
    forget() {
      past = [];
      future = [];
    },
    get undoable() {
      return past.length > 0;
    },
    get redoable() {
      return future.length > 0;
    },
  };
}
