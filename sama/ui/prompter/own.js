// A photo with transparency: that is its matte, of all of it where nothing is marked yet.
function Own(button, { photo, locked, commit }, isMarked) {
  button.onclick = () => {
    announce('matte', { name: 'own', quiet: !isMarked() });
    if (isMarked() || locked()) return;
    const { width, height } = photo();
    commit({ points: [], boxes: [[0, 0, width, height]] });
  };
}
