// The view of a map that another part of the page has made of the answer on the panels: an error, a doubt. Told by
// `announce('map', {key, src, title, open})`; open: show it at once.
function Maps(button, { layers, names, draw, mode, setMode }) {
  names.titles.map = '';
  let newest = null;
  hear('map', async told => {
    newest = told;
    if (told.key !== layers.photo?.key) return;
    const picture = await loadPicture(told.src);
    if (newest !== told || told.key !== layers.photo?.key) return;
    names.titles.map = told.title;
    layers.set({ map: picture });
    button.hidden = false;
    if (told.open && mode() !== 'map') setMode('map');
    else draw();
  });
  return {
    // There is another photo.
    forget() {
      newest = null;
      button.hidden = true;
      if (mode() === 'map') setMode('panels');
    },
  };
}
