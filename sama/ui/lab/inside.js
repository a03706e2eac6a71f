// What lies behind an answer: pictures, and where the milliseconds went.
const READING =
  'In maps white is one and black nothing. The model sees a square: black beside a view is empty. Below: milliseconds.';
function Inside(part) {
  const [notes, pictures, steps] = ['notes', 'pictures', 'steps'].map(name =>
    part.querySelector('.lb-' + name),
  );
  return {
    show(inside) {
      const box = inside.box ? [`Looked at the part ${inside.box.join(', ')} of the photo.`] : [];
      notes.textContent = [...box, ...inside.notes, READING].join(' ');
      pictures.replaceChildren(
        ...inside.pictures.map(({ title, src }) => {
          const figure = made('figure');
          figure.append(made('img', '', { src, alt: title }), made('figcaption', title));
          return figure;
        }),
      );
      const most = Math.max(1, ...inside.steps.map(([, value]) => value));
      steps.replaceChildren(
        ...inside.steps.map(([name, value]) => {
          const item = made('li'),
            bar = made('i');
          bar.style.width = `${(100 * value) / most}%`;
          item.append(made('span', name.replaceAll('_', ' ')), made('span', value.toFixed(1) + ' ms'), bar);
          return item;
        }),
      );
    },
    clear() {
      for (const each of [pictures, steps]) each.replaceChildren();
      notes.textContent = '';
    },
  };
}
