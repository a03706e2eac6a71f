// Blind votes: two results without names, and what has been chosen so far. labels: of methods by name; votes(): all of
// them, [winner, loser] each; add(vote) keeps one more.
// Lines such as "A 3 : 1 B", the pair with most votes first.
function tally(votes, labels) {
  const pairs = new Map();
  for (const [winner, loser] of votes) {
    const names = [winner, loser].sort(),
      key = names.join();
    if (!pairs.has(key)) pairs.set(key, { names, won: [0, 0] });
    pairs.get(key).won[names.indexOf(winner)]++;
  }
  const all = [...pairs.values()].sort((a, b) => b.won[0] + b.won[1] - a.won[0] - a.won[1]);
  return all.map(({ names: [a, b], won }) => `${labels[a]} ${won[0]} : ${won[1]} ${labels[b]}`);
}

function Vote(part, { labels, ask, vote, votes, add }) {
  const pair = part.querySelector('.lb-pair'),
    verdict = part.querySelector('.lb-verdict'),
    list = part.querySelector('.lb-tally');
  let id = null, // of the ballot that is open
    voted = null; // of the one whose verdict is awaited: it may come twice
  const show = () => list.replaceChildren(...tally(votes(), labels).map(line => made('li', line)));
  part.querySelector('.lb-ballot').onclick = ask;
  for (const button of pair.querySelectorAll('button'))
    button.onclick = () => {
      if (id === null) return;
      vote({ id, side: Number(button.dataset.side) });
      voted = id;
      id = null;
    };
  return {
    show,
    open(next) {
      id = next.id;
      pair.hidden = false;
      verdict.textContent = 'Which one is better? Click it.';
      ['left', 'right'].forEach((side, i) => {
        pair.querySelectorAll('img')[i].src = next[side];
      });
    },
    told({ id: which, winner, loser }) {
      if (which !== voted) return;
      voted = null;
      pair.hidden = true;
      add([winner, loser]);
      verdict.textContent = `You chose ${labels[winner]}, not ${labels[loser]}.`;
      show();
    },
    clear() {
      id = null;
      pair.hidden = true;
      verdict.textContent = '';
    },
  };
}
