// The photo as sharp as the screen needs it: always the server's upright, colour-managed picture, never the browser's own
// decoding of the file, which may be turned otherwise. ask({key, side}) asks for one whose longer side is that long.
const MEDIUM_SIDE = 2048;
const SHARP_ENOUGH = 1.1; // screen pixels for one of the picture's

// The longer side to ask for, 0 where nothing is missing; has: the longer side of what is there or under way.
function sideToAsk({ width, height }, scale, has) {
  const longest = Math.max(width, height),
    needed = Math.min(1, scale) * longest;
  if (has >= longest || needed <= SHARP_ENOUGH * has) return 0;
  return Math.min(longest, needed <= SHARP_ENOUGH * MEDIUM_SIDE ? MEDIUM_SIDE : longest);
}

function Sharp(ask) {
  let has = 0;
  return {
    open({ preview }) {
      has = Math.max(preview.naturalWidth, preview.naturalHeight);
    },
    // scale: screen pixels per photo pixel.
    wish(photo, scale) {
      const side = sideToAsk(photo, scale, has);
      if (!side) return;
      has = side;
      ask({ key: photo.key, side });
    },
    // sent: {key, path}; url: of any file that the server has for this visitor. Tells whether the photo is sharper now.
    async arrived(sent, photo, url) {
      if (!sent || !photo || sent.key !== photo.key || !url?.includes('file=')) return false;
      const picture = await loadPicture(url.replace(/file=.*$/, 'file=' + sent.path)).catch(() => null);
      if (!picture || picture.naturalWidth <= photo.picture.naturalWidth) return false;
      photo.picture = picture;
      return true;
    },
  };
}
