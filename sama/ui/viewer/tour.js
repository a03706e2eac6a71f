// Visits the places where SAM and SAMA differ most, one after another.
const PLACE_FILLS = 0.4; // of a panel

function Tour(figure, go) {
  const bar = figure.querySelector('.vw-tour'),
    words = bar.querySelector('span');
  const [back, forth] = bar.querySelectorAll('button');
  let places = null,
    index = -1;
  function say() {
    const none = places && !places.length;
    words.textContent = !places
      ? ''
      : none
        ? 'SAM and SAMA agree'
        : index < 0
          ? countOf(places.length)
          : `${index + 1} of ${places.length}`;
    back.disabled = forth.disabled = !places || none;
    bar.hidden = !places;
  }
  const countOf = n => (n === 1 ? '1 difference' : n + ' differences');
  function step(by) {
    if (!places?.length) return;
    index = index < 0 ? (by > 0 ? 0 : places.length - 1) : (index + by + places.length) % places.length;
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
