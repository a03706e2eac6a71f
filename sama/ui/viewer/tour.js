// Visits the places where SAM and SAMA differ most, one after another.
const PLACE_FILLS = 0.4; // of a panel

// The place after number `index` of `count`, or before it for by = -1; -1 is the number before the tour begins.
function nextPlace(index, by, count) {
  if (index < 0) return by > 0 ? 0 : count - 1;
  return (index + by + count) % count;
}
function tourWords(count, index) {
  if (!count) return 'SAM and SAMA agree';
  if (index >= 0) return `${index + 1} of ${count}`;
  return count === 1 ? '1 difference' : count + ' differences';
}

function Tour(figure, go) {
  const bar = figure.querySelector('.vw-tour'),
    words = bar.querySelector('span');
  const [back, forth] = bar.querySelectorAll('button');
  let places = null,
    index = -1;
  function say() {
    words.textContent = places ? tourWords(places.length, index) : '';
    back.disabled = forth.disabled = !places?.length;
    bar.hidden = !places;
  }
  function step(by) {
    if (!places?.length) return;
    index = nextPlace(index, by, places.length);
    say();
    go(places[index]);
  }
  back.onclick = () => step(-1);
  forth.onclick = () => step(1);
  say();
  return {
    next: () => step(1),
    previous: () => step(-1),
    open(found) {
      places = found;
      index = -1;
      say();
    },
  };
}
