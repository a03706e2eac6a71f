// The examples' thumbnails. Returns what marks the open one, by its name.
function Examples(place, examples, open) {
  for (const { name, title, thumb } of examples) {
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', title, onclick: () => open(name) });
    button.dataset.name = name;
    const picture = new Image();
    Object.assign(picture, { src: thumb, alt: 'Example: ' + title });
    button.append(picture);
    place.append(button);
  }
  return open => {
    for (const b of place.querySelectorAll('button')) press(b, b.dataset.name === open);
  };
}
