// How the object is followed; what is chosen is for the next work.
for (const { name, title } of props.mattes) $('from').append(new Option(title, name));
function tellHow() {
  const { views, damping, matte_from } = current().how;
  $('from').value = matte_from;
  $('damping').value = damping;
  $('how output').textContent = Number(damping).toFixed(1);
  $('views').checked = views > 1;
}
function setHow() {
  const how = {
    views: $('views').checked ? 5 : 1,
    damping: Number($('damping').value),
    matte_from: $('from').value,
  };
  change({ how });
  tellHow();
}
for (const name of ['from', 'damping', 'views']) $(name).oninput = setHow;
tellHow();
