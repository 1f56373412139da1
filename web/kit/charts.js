// Charts by Chart.js, loaded when the first one is drawn.
// lineChart(canvas, {labels, series: [{name, key, values, strong, band: {lo, hi}}], yTitle, xTitle, max}) -> {update(spec)}
// key: the method's, for its colour and mark; markOf(key) is the same mark for a table
import { svg } from './dom.js';

let loading = null;
const library = () => (loading ??= import('../chart.js').then(() => globalThis.Chart));

// Each method has its own colour (a variable of views.css), mark and dash, the same in lines, bars, legends and tables.
const STYLES = {
  'language model': ['accent', 'circle', []],
  popularity: ['of-popularity', 'rect', [6, 3]],
  recency: ['of-recency', 'triangle', [2, 3]],
  bm25: ['of-bm25', 'rectRot', [9, 3, 2, 3]],
  item_knn: ['of-item_knn', 'star', [1, 2]],
  ease: ['of-ease', 'crossRot', [12, 4]],
  embedding: ['of-embedding', 'cross', [4, 4]],
  random: ['of-random', 'rectRounded', [3, 6]],
};
const OTHER = ['soft', 'line', [1, 4]];
export const MODEL = 'language model';
export const styleOf = key => STYLES[key] ?? OTHER;

// The same marks as pictures, for a name in a table.
const SHAPES = {
  circle: 'M6 1a5 5 0 1 0 .01 0z',
  rect: 'M1.5 1.5h9v9h-9z',
  triangle: 'M6 1l5 9H1z',
  rectRot: 'M6 .5L11.5 6 6 11.5.5 6z',
  star: 'M6 0v12M0 6h12M1.8 1.8l8.4 8.4M10.2 1.8l-8.4 8.4',
  crossRot: 'M1.8 1.8l8.4 8.4M10.2 1.8l-8.4 8.4',
  cross: 'M6 0v12M0 6h12',
  rectRounded: 'M4 1.5h4A2.5 2.5 0 0 1 10.5 4v4A2.5 2.5 0 0 1 8 10.5H4A2.5 2.5 0 0 1 1.5 8V4A2.5 2.5 0 0 1 4 1.5z',
  line: 'M0 6h12',
};
export function markOf(key) {
  const [name, shape] = styleOf(key);
  const mark = svg('path', { d: SHAPES[shape], vars: { '--of': `var(--${name})` } });
  return svg('svg', { viewBox: '-1 -1 14 14', class: 'method-mark', 'aria-hidden': 'true' }, mark);
}

// A variable of style.css as the colour that it has in the theme at hand.
function colour(name) {
  const probe = document.createElement('span');
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

// A translucent version of a colour, for the band of an interval.
const faint = line => line.replace(/^rgb\(([^)]+)\)$/, 'rgba($1, 0.16)');

function datasets(s, bars) {
  const [name, shape, dash] = s.strong ? STYLES[MODEL] : styleOf(s.key);
  const line = colour(name);
  const own = {
    label: s.name,
    data: s.values,
    borderColor: line,
    backgroundColor: s.fill ?? line,
    borderWidth: bars ? 0 : s.strong ? 3 : 1.75,
    borderDash: dash,
    pointStyle: shape,
    pointRadius: s.strong ? 5 : 4,
    pointBorderWidth: 2,
    spanGaps: true,
  };
  if (!s.band) return [own];
  const edge = { borderWidth: 0, pointRadius: 0, pointHitRadius: 0, spanGaps: true, band: true };
  return [
    own,
    { ...edge, label: `${s.name}, from`, data: s.band.lo },
    { ...edge, label: `${s.name}, to`, data: s.band.hi, fill: '-1', backgroundColor: faint(line) },
  ];
}

// A bar carries its mark, so that it is told from the others without its colour, too.
const barMarks = {
  id: 'barMarks',
  afterDatasetsDraw(chart) {
    const { ctx, data, config } = chart;
    const draw = globalThis.Chart.helpers?.drawPoint;
    if (config.type !== 'bar' || !draw || data.datasets.length < 2) return;
    data.datasets.forEach((d, k) => {
      for (const [i, bar] of chart.getDatasetMeta(k).data.entries()) {
        if (d.data[i] === null || d.data[i] === undefined) continue;
        ctx.save();
        ctx.fillStyle = ctx.strokeStyle = d.borderColor;
        ctx.setLineDash([]);
        draw(ctx, { pointStyle: d.pointStyle, radius: 4, borderWidth: 2, rotation: 0 }, bar.x, bar.y - 8);
        ctx.restore();
      }
    });
  },
};

function options({ yTitle, xTitle, max, min, series }) {
  const many = series.length > 1;
  const axis = title => ({
    title: { display: !!title, text: title, color: colour('soft') },
    ticks: { color: colour('soft') },
    grid: { color: colour('line') },
  });
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: matchMedia('(prefers-reduced-motion: reduce)').matches ? false : { duration: 300 },
    interaction: { mode: 'index', intersect: false },
    scales: { x: axis(xTitle), y: { ...axis(yTitle), min: min ?? 0, max } },
    plugins: {
      legend: {
        display: many,
        position: 'bottom',
        labels: {
          color: colour('ink'),
          usePointStyle: true,
          boxWidth: 9,
          boxHeight: 7,
          filter: (item, data) => !data.datasets[item.datasetIndex].band,
        },
      },
    },
  };
}

async function chart(type, canvas, spec) {
  const Chart = await library();
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  let last = spec;
  const config = () => ({
    type,
    data: { labels: last.labels, datasets: last.series.flatMap(s => datasets(s, type === 'bar')) },
    options: options(last),
    plugins: [barMarks],
  });
  let made = new Chart(canvas, config());
  const update = next => {
    last = next;
    if (!canvas.isConnected) return stop();
    const { data, options: o } = config();
    made.data = data;
    made.options = o;
    made.update();
  };
  const again = () => update(last);
  const theme = new MutationObserver(again);
  theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', again);
  function stop() {
    theme.disconnect();
    dark.removeEventListener('change', again);
    made?.destroy();
    made = null;
  }
  return { update, stop };
}

export const lineChart = (canvas, spec) => chart('line', canvas, spec);
export const barChart = (canvas, spec) => chart('bar', canvas, spec);
