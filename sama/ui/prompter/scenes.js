// A photo of one's own, with its marks, as a scene of a talk: `snapshot` returns {key, title, image, points, boxes} of what
// is open, or null; `bring` opens such a scene again. Talk mode asks for both.
function Scenes({ snapshot, bring }) {
  hear('scene-wanted', take => {
    const scene = snapshot();
    if (scene) take(scene);
  });
  hear('scene', bring);
}
