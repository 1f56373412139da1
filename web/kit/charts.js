// Charts by Chart.js, loaded when the first one is drawn. One accent; the others differ by dash and mark, not by colour.
// lineChart(canvas, {labels, series: [{name, values, strong}], yTitle, xTitle, max}) returns {update(spec)}
let loading = null;
const library = () => (loading ??= import('../chart.js').then(() => globalThis.Chart));

const DASHES = [
  [6, 3],
  [2, 3],
  [9, 3, 2, 3],
  [1, 2],
  [12, 4],
  [4, 4],
  [3, 6],
];
const MARKS = ['circle', 'rect', 'triangle', 'rectRot', 'cross', 'star', 'crossRot'];

// A variable of style.css as the colour that it has in the theme at hand.
function colour(name) {
  const probe = document.createElement('span');
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function dataset(s, i) {
  const line = s.strong ? colour('accent') : colour('soft');
  return {
    label: s.name,
    data: s.values,
    borderColor: line,
    backgroundColor: s.fill ?? line,
    borderWidth: s.strong ? 3 : 1.5,
    borderDash: s.strong ? [] : DASHES[i % DASHES.length],
    pointStyle: s.strong ? 'circle' : MARKS[i % MARKS.length],
    pointRadius: s.strong ? 5 : 4,
    spanGaps: true,
  };
}

function options({ yTitle, xTitle, max, min }) {
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
        position: 'bottom',
        labels: { color: colour('ink'), usePointStyle: true, boxWidth: 9, boxHeight: 7 },
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
    data: { labels: last.labels, datasets: last.series.map(dataset) },
    options: options(last),
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
