// Draws a table of the page as horizontal bars: <div class="chart" data-chart="1,2" data-table="id">.
// The table stays the one truth, folded below its chart; without this file it stands alone, open. A
// row marked data-rest is grey: it is no single thing. What the chart shows is told by its aria-label, which comes with the page: ECharts' own description tells ten rows at most.
import * as echarts from "../vendor/echarts/echarts.esm.min.js";

const style = getComputedStyle(document.documentElement);
const token = (name) => style.getPropertyValue(name).trim();
const BAR = 22;
// On paper: the width between the margins of A4, and the height above which a chart would be too
// small on one page and is left out; the table has it all.
const PAPER = 680;
const PAPER_HEIGHT = 1500;
const colours = [token("--accent"), token("--edge")];
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

function read(chart) {
  const table = document.getElementById(chart.dataset.table);
  const columns = chart.dataset.chart.split(",").map(Number);
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows];
  return {
    names: rows.map((row) => row.cells[0].textContent.trim()),
    rest: rows.map((row) => "rest" in row.dataset),
    series: columns.map((column) => ({
      name: heads[column],
      values: rows.map((row) => Number(row.cells[column].textContent.replace(/[^\d.-]/g, ""))),
    })),
  };
}

const paper = matchMedia("print");
const charts = [];
const folds = [];

for (const chart of document.querySelectorAll(".chart")) {
  const { names, rest, series } = read(chart);
  const height = names.length * (series.length * BAR + 14) + (series.length > 1 ? 44 : 16);
  chart.hidden = false;
  chart.style.height = `${height}px`;
  chart.classList.toggle("chart--screen", height > PAPER_HEIGHT);
  const drawn = echarts.init(chart, null, { renderer: "svg" });
  drawn.setOption({
    animation: !still,
    color: colours,
    textStyle: { fontFamily: token("--sans"), fontSize: 14, color: token("--ink") },
    grid: { left: 0, right: 48, top: series.length > 1 ? 36 : 8, bottom: 0, containLabel: true, outerBoundsClampWidth: "60%" },
    legend: series.length > 1 ? { top: 0, left: 0, itemWidth: 14, itemHeight: 14 } : undefined,
    xAxis: { type: "value", show: false },
    yAxis: {
      type: "category",
      data: names,
      inverse: true,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: token("--ink"), fontSize: 14, overflow: "truncate" },
    },
    series: series.map(({ name, values }) => ({
      type: "bar",
      name,
      data: values.map((value, index) => (rest[index] ? { value, itemStyle: { color: token("--edge") } } : value)),
      barWidth: BAR - 6,
      label: { show: true, position: "right", fontSize: 14, color: token("--ink") },
      emphasis: { disabled: true },
    })),
  });
  // Names take two fifths of a narrow chart, and no more than they need of a wide one.
  const fit = (width) => {
    drawn.resize({ width });
    drawn.setOption({ yAxis: { axisLabel: { width: Math.min(240, drawn.getWidth() * 0.4) } } });
    drawn.getZr().flush();
  };
  fit("auto");
  new ResizeObserver(() => { if (!paper.matches) fit("auto"); }).observe(chart);
  charts.push(fit);
  const fold = document.getElementById(chart.dataset.table).closest("details");
  fold.open = false;
  folds.push(fold);
}

// What is printed is drawn for the paper, with every table: nothing is measured any more once the
// pages are made. Afterwards the tables are folded as they were.
let opened = [];
const turn = (toPaper) => {
  if (toPaper && !opened.length) opened = folds.filter((fold) => !fold.open);
  for (const fold of opened) fold.open = toPaper;
  if (!toPaper) opened = [];
  for (const fit of charts) fit(toPaper ? PAPER : "auto");
};
paper.addEventListener("change", () => turn(paper.matches));
addEventListener("beforeprint", () => turn(true));
addEventListener("afterprint", () => turn(false));
