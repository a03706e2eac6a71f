const KEPT_ROW = 'sama-row';

// What a reload must not lose of a row: its photos' files, and what is said of each. keep: see keep.js.
function RowKept(keep) {
  const name = rowOf(keep.tab);
  let whole = true; // whether a reload would bring everything back
  let newest = null; // the files that were given last
  return {
    get whole() {
      return whole && keep.able;
    },
    files(list) {
      const mine = { list, time: Date.now() };
      [newest, whole] = [mine, false];
      const done = keep.able && keptFiles('readwrite', store => store.put(mine, name));
      Promise.resolve(done).then(
        () => {
          whole ||= newest === mine;
        },
        () => {}, // no room: the page asks before it is left
      );
    },
    say(state) {
      try {
        sessionStorage.setItem(KEPT_ROW, JSON.stringify(state));
      } catch {
        whole = false;
      }
    },
    // {list, state}, or nothing.
    async again() {
      try {
        const state = JSON.parse(sessionStorage.getItem(KEPT_ROW));
        const { list } = (state && (await keptFiles('readonly', store => store.get(name)))) || {};
        return list && list.length === state.items.length ? { list, state } : null;
      } catch {
        return null; // a browser that keeps nothing, or a damaged record
      }
    },
  };
}

// The row of photos that came together: one is open, and the others wait, each with its marks once it has been open.
// marks(): the present ones; open(item): a photo of the row is wanted; keep: see keep.js.
function Row(row, { marks, open, keep }) {
  let items = []; // {file, sent, marks, open, bad, button}
  let seen = null; // the one that the server shows
  const kept = RowKept(keep);

  function save() {
    if (!items.length) return; // there may be one from before a reload
    kept.say({ items: items.map(({ marks, bad }) => ({ marks, bad })), open: items.indexOf(seen) });
  }
  // Another is open, or none; the server may not show it yet.
  function turn(next) {
    for (const item of items) {
      item.open = item === next;
      press(item.button, item.open);
    }
    save();
  }
  function put(files, known = []) {
    items = files.map((file, i) => ({ file, sent: null, marks: null, bad: false, ...known[i] }));
    for (const item of items) {
      item.button = rowButton(item.file.name, () => item.open || open(item));
      if (item.bad) stop(item);
    }
    const note = document.createElement('span');
    note.textContent = `${files.length} photos, one at a time:`;
    row.replaceChildren(note, ...items.map(({ button }) => button));
    row.hidden = false;
  }
  function stop(item) {
    item.bad = item.button.disabled = true;
    item.button.title = item.file.name + ' cannot be opened';
  }
  return {
    get lost() {
      return items.length > 0 && !kept.whole;
    },
    // The photos that are marked, with their marks.
    marked() {
      const known = items.map(item => ({ ...item, marks: item === seen ? marks() : item.marks }));
      return known.filter(item => !item.bad && item.marks && countOf(wholeMarks(item.marks)) > 0);
    },
    // Returns the first.
    fill(files) {
      put(files);
      kept.files(files);
      return items[0];
    },
    // The row from before a reload, unless another has come meanwhile; back: whether its open photo is there, too.
    async again(back) {
      const before = await kept.again();
      if (!before || items.length) return;
      put(before.list, before.state.items);
      seen = (back && items[before.state.open]) || null;
      turn(seen);
    },
    // What was sent is not shown: the photo before stays.
    back: () => turn(seen),
    shown() {
      seen = items.find(each => each.open) || null;
      save();
    },
    // The server cannot open the photo that was to be shown.
    refused() {
      const item = items.find(each => each.open && each !== seen);
      if (item) stop(item);
      turn(seen);
    },
    // Another photo is to be shown, of the row or not; what is marked on the one before is kept.
    turn(next) {
      const before = items.find(each => each.open);
      if (before) before.marks = marks();
      turn(next);
    },
  };
}
function rowButton(name, onclick) {
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', textContent: name, title: 'Open ' + name, onclick });
  return button;
}
