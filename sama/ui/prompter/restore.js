async (visit, now, ...others) => {
  // Before the page greets a visitor: the photo and the marks that this tab had before a reload, if it had any. The
  // server may have lost the file; then the browser's own copy is sent again. See keep.js.
  const base = new URL('gradio_api/', document.baseURI.replace(/[?#].*$/, '').replace(/\/?$/, '/'));
  const known = async url => {
    const answer = await fetch(url, { headers: { Range: 'bytes=0-0' } });
    await answer.body?.cancel();
    return answer.ok;
  };
  const copyOf = tab =>
    new Promise((resolve, reject) => {
      const opening = indexedDB.open('sama', 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('files');
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const asked = opening.result.transaction('files').objectStore('files').get(tab);
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
      };
    });
  const again = async ({ value, tab }) => {
    const copy = await copyOf(tab);
    if (!copy || copy.name !== value.image.orig_name) return null;
    const form = new FormData();
    form.append('files', copy.file, copy.name);
    const sent = await fetch(new URL('upload', base), { method: 'POST', body: form });
    if (!sent.ok) return null;
    const [path] = await sent.json();
    return { ...value, image: { ...value.image, path, url: new URL('file=' + path, base).href } };
  };
  try {
    const kept = JSON.parse(sessionStorage.getItem('sama-photo') || 'null');
    if (!kept?.value?.image) return [visit, now, ...others];
    const value = (await known(kept.value.image.url)) ? kept.value : await again(kept);
    // A mask that the server has lost is told of, and left out.
    const { mask } = value || {},
      lost = mask && !(await known(mask.url)) ? { mask: null, lost: mask.orig_name || 'mask' } : {};
    if (value) return [visit, { ...value, session: null, ...lost }, ...others];
    sessionStorage.removeItem('sama-photo');
  } catch {
    /* a browser that keeps nothing, or a damaged record: the page begins as for a new visitor */
  }
  return [visit, now, ...others];
};
