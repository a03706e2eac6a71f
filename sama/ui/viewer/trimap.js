// The button that shows the trimap in the matte's panel. Only some models tell one, and not with every matte.
function Trimap(place, { layers, slider, draw }) {
  const button = place.querySelector('.vw-trimap');
  let wanted = false;
  button.onclick = () => {
    wanted = !wanted;
    press(button, wanted);
    draw();
  };
  return {
    get on() {
      return wanted && !!layers.has.trimap;
    },
    // After every answer: offers it or does not.
    offer() {
      place.hidden = !layers.has.trimap;
      slider.offer('trimap', 'alpha', !!layers.has.trimap);
    },
  };
}
