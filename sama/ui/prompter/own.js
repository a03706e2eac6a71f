// A mask that was dropped is a prompt, unless its owner says that it is the truth, to be measured by: then what was marked
// before it comes back.
function Truth(button, { photo, locked, value, commit }, history) {
  button.onclick = () => {
    const { mask, points, boxes } = value();
    if (!mask || locked()) return;
    announce('truth', { key: photo().key, file: mask });
    if (!points.length && !boxes.length && history.undoable) history.undo();
    else commit({ points, boxes, mask: null });
  };
}
// A photo with transparency: that is its matte, of all of it where nothing is marked yet.
function Own(button, { photo, locked, commit }, isMarked) {
  button.onclick = () => {
    announce('matte', { name: 'own', quiet: !isMarked() });
    if (isMarked() || locked()) return;
    const { width, height } = photo();
    commit({ points: [], boxes: [[0, 0, width, height]] });
  };
}
