// The row of photos that came together: one is open, and the others wait, each with its marks once it has been open.
// marks(): the present ones; open(item): a photo of the row is wanted.
function Row(row, { marks, open }) {
  let items = []; // {file, sent, marks, open, button}
  let seen = null; // the one that the server shows
  // What was sent is not shown: the photo before stays.
  function back() {
    for (const item of items) {
      item.open = item === seen;
      press(item.button, item.open);
    }
  }
  function buttonFor(item) {
    const button = document.createElement('button'),
      { name } = item.file;
    Object.assign(button, {
      type: 'button',
      textContent: name,
      title: 'Open ' + name,
      onclick: () => item.open || open(item),
    });
    press(button, false);
    return button;
  }
  return {
    // Returns the first.
    fill(files) {
      items = files.map(file => ({ file, sent: null, marks: null, open: false }));
      for (const item of items) item.button = buttonFor(item);
      const note = document.createElement('span');
      note.textContent = `${files.length} photos, one at a time:`;
      row.replaceChildren(note, ...items.map(({ button }) => button));
      row.hidden = false;
      return items[0];
    },
    back,
    shown() {
      seen = items.find(each => each.open);
    },
    // The server cannot open the photo that was to be shown.
    refused() {
      const item = items.find(each => each.open && each !== seen);
      if (item) {
        item.button.disabled = true;
        item.button.title = item.file.name + ' cannot be opened';
      }
      back();
    },
    // Another photo is open now, of the row or not; what is marked on the one before is kept.
    turn(next) {
      for (const item of items) {
        if (item.open) item.marks = marks();
        item.open = item === next;
        press(item.button, item.open);
      }
    },
  };
}
