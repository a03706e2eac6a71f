// "Download all": one ZIP of every photo of the row that is marked. marked(): those, as {file, sent, marks}. It sends
// the photos with their marks along with prompter.js's value, and returns what is told how far the server is.
const linkTo = (href, download) => Object.assign(document.createElement('a'), { href, download });

function Collect(place, marked) {
  const all = place.querySelector('.co-all'),
    stop = place.querySelector('.co-stop'),
    text = place.querySelector('.co-text');
  let work = '';

  function show(words) {
    all.disabled = !!work;
    stop.hidden = !work;
    text.textContent = words;
  }
  function end(words) {
    work = '';
    show(words);
  }
  all.onclick = async () => {
    const photos = marked();
    if (!photos.length) return show('Nothing is cut out yet; open a photo of the row, and click its object.');
    const mine = crypto.getRandomValues(new Uint32Array(4)).join('-'),
      row = [];
    work = mine;
    show(`Making the files of ${photos.length} photos ...`);
    for (const { file, sent, marks } of photos) {
      const there = sent || (await upload(file).catch(() => null));
      if (work !== mine) return;
      if (!there?.path) return end(`The upload of ${file.name} failed; check the connection and try again.`);
      row.push({ image: fileData(there, file.name), ...marks });
    }
    props.value = { ...current(), row };
    trigger('collect', { work });
  };
  stop.onclick = () => {
    trigger('enough', { work });
    end('Cancelled.');
  };
  // How far it is: {work, done, total, name, path, failed, over}.
  return news => {
    if (!news || !work || news.work !== work) return;
    const { done, total, name, path, failed = [], over } = news;
    if (!over) return show(`${done + 1} of ${total}: ${name} ...`);
    end(collectedWords(total, failed));
    if (path) linkTo(current().image.url.replace(/file=.*$/, 'file=' + path), 'photos_sama.zip').click();
  };
}
function collectedWords(total, failed) {
  const made = `${total - failed.length} of ${total} photos are in the ZIP`;
  return failed.length ? `${made}; its report says what is wrong with ${failed.join(', ')}.` : made + '.';
}
