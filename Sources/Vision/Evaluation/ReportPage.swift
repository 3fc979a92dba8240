/// The parts of a report that no figure changes.
enum ReportPage {
  static let style = """
    :root{--text:#1c1b1a;--ground:#fbfaf8;--line:#d9d5cf;--soft:#6a655e;--accent:#2f6f73;
    --right:#2f7d4f;--wrong:#b3412f;color-scheme:light dark}
    @media(prefers-color-scheme:dark){:root{--text:#eceae6;--ground:#171615;--line:#3a3835;
    --soft:#a19b92;--accent:#6fb7bb;--right:#6cc08f;--wrong:#ea8a78}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--ground);color:var(--text);font:16px/1.5 system-ui,sans-serif}
    main{max-width:72rem;margin:0 auto;padding:2rem 1rem}
    h1{font-size:1.5rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin-top:2.5rem}
    p{color:var(--soft);max-width:42rem}
    .figures{display:flex;flex-wrap:wrap;gap:.75rem 2rem}.figures dt{color:var(--soft);
    font-size:.85rem}.figures dd{margin:0;font-size:1.6rem;font-variant-numeric:tabular-nums}
    .legend{display:flex;flex-wrap:wrap;gap:.4rem}
    .legend button{font:inherit;font-size:.85rem;color:inherit;background:none;
    border:1px solid var(--line);border-radius:1rem;padding:.15rem .7rem;cursor:pointer}
    .legend button[aria-pressed=false]{opacity:.45;text-decoration:line-through}
    .legend i{display:inline-block;width:.7em;height:.7em;border-radius:50%;margin-right:.4em}
    .map{display:grid;grid-template-columns:minmax(0,1fr) 9rem;gap:1rem}
    #map{width:100%;max-height:80vh;border:1px solid var(--line);border-radius:.5rem}
    #map circle{opacity:.75}#map circle.chosen{opacity:1;stroke:var(--text);stroke-width:5}
    #map circle.off{display:none}
    :focus-visible{outline:3px solid var(--accent);outline-offset:2px}
    figure{margin:0}figure img{width:100%}figcaption{overflow-wrap:anywhere;font-size:.85rem}
    .wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
    th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid var(--line);font-weight:400}
    th[scope=row],thead th:first-child{text-align:left}thead th{color:var(--soft);font-size:.85rem}
    .bar{width:5rem;height:.5rem;margin-left:.4rem}.bar rect{fill:var(--line)}
    .confusion td{min-width:3rem;text-align:center}
    .right{--tone:var(--right)}.wrong{--tone:var(--wrong)}
    .confusion .right,.confusion .wrong{background:color-mix(in oklab,var(--tone) var(--share),
    transparent)}
    .sheet{display:flex;flex-wrap:wrap;gap:.5rem;list-style:none;padding:0;margin:.75rem 0}
    .sheet li{width:84px;border-top:4px solid var(--tone,var(--text));padding-top:4px;
    font-size:.75rem}
    .sheet img{height:72px;max-width:100%;display:block}
    @media(max-width:40rem){.map{grid-template-columns:1fr}}
    @media print{.legend,#spot{display:none}}
    """

  static let script = """
    'use strict';
    const rows = JSON.parse(document.getElementById('points').textContent);
    const map = document.getElementById('map');
    const circles = [...map.querySelectorAll('circle')];
    const image = document.querySelector('#spot img');
    const caption = document.querySelector('#spot figcaption');
    const places = circles.map(c => [c.cx.baseVal.value, c.cy.baseVal.value]);
    let chosen = -1;
    function choose(i) {
      if (i < 0 || i === chosen) return;
      if (chosen >= 0) circles[chosen].classList.remove('chosen');
      chosen = i;
      circles[i].classList.add('chosen');
      const [name, file, thumbnail] = rows[i];
      image.hidden = !thumbnail;
      if (thumbnail) image.src = 'data:image/jpeg;base64,' + thumbnail;
      caption.textContent = name + ' · ' + file;
    }
    map.addEventListener('pointerover', e => choose(circles.indexOf(e.target)));
    const steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    map.addEventListener('keydown', e => {
      const step = steps[e.key];
      if (!step) return;
      e.preventDefault();
      const from = chosen < 0 ? [0, 0] : places[chosen];
      let best = -1, least = Infinity;
      places.forEach((to, i) => {
        if (i === chosen || circles[i].classList.contains('off')) return;
        const dx = to[0] - from[0], dy = to[1] - from[1];
        const along = dx * step[0] + dy * step[1], aside = Math.abs(dx * step[1]) +
          Math.abs(dy * step[0]);
        if (along <= 0) return;
        const cost = along + 2 * aside;
        if (cost < least) { least = cost; best = i; }
      });
      choose(best);
    });
    for (const button of document.querySelectorAll('.legend button')) {
      button.addEventListener('click', () => {
        const shows = button.getAttribute('aria-pressed') !== 'true';
        button.setAttribute('aria-pressed', shows);
        for (const circle of circles)
          if (circle.dataset.class === button.dataset.class) circle.classList.toggle('off', !shows);
      });
    }
    """
}
