// What a reload, Back or a discarded tab must not lose: the open photo and its marks, and the row of those that wait. The
// marks, and where the server has the photo, are kept in this tab's own storage; the photos' files in the browser's, in
// case the server has lost them, under a name that only this tab knows, while the tab is there and for as long as the
// server keeps uploads. restore.js reads what is about the open photo.
const KEPT = 'sama-photo';
const KEPT_HOURS = 2;
const rowOf = tab => tab + ' row';

function keptFiles(mode, work) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('sama', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('files');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const base = opening.result,
        change = base.transaction('files', mode);
      let asked;
      try {
        asked = work(change.objectStore('files'));
      } catch (error) {
        reject(error);
      }
      change.oncomplete = () => {
        base.close();
        resolve(asked?.result);
      };
      change.onerror = change.onabort = () => {
        base.close();
        reject(change.error);
      };
    };
  });
}

function Keep() {
  let able = true, // whether this browser lets pages keep anything
    saved = '',
    coming = {};
  const tab = (() => {
    try {
      const name = sessionStorage.getItem('sama-tab') || crypto.getRandomValues(new Uint32Array(4)).join('');
      sessionStorage.setItem('sama-tab', name);
      saved = sessionStorage.getItem(KEPT) || '';
      return name;
    } catch {
      able = false;
      return '';
    }
  })();
  // Files of tabs that were closed long ago.
  const tidy = store => {
    store.openCursor().onsuccess = ({ target: { result: at } }) => {
      if (!at) return;
      const old = Date.now() - at.value.time > KEPT_HOURS * 3600e3;
      if (old && at.key !== tab && at.key !== rowOf(tab)) at.delete();
      at.continue();
    };
  };
  if (able) keptFiles('readwrite', tidy).catch(() => {});
  return {
    get able() {
      return able;
    },
    get something() {
      return !!saved;
    },
    // value: the prompter's.
    marks(value) {
      if (!able) return;
      const text = JSON.stringify({ value, tab });
      if (text === saved) return;
      try {
        sessionStorage.setItem(KEPT, text);
        saved = text;
      } catch {
        able = false;
      }
    },
    tab,
    // A file on its way, and whether the server shows it as the photo: what turns out to be a mask of the photo before,
    // or no photo at all, does not take its place.
    coming(key, file) {
      coming = { key, file };
    },
    arrived(key) {
      const { file } = coming;
      if (able && file && key === coming.key)
        keptFiles('readwrite', store => store.put({ file, name: file.name, time: Date.now() }, tab)).catch(
          () => {},
        );
    },
  };
}
