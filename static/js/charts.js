// Draws a table of the page as horizontal bars: <div class="chart" data-chart="1,2"
// data-table="id" data-unit="项">. The table stays the one truth; without this file it stands alone.

const style = getComputedStyle(document.documentElement);
const token = (name) => style.getPropertyValue(name).trim();
const BAR = 22;
const colours = [token("--accent"), token("--edge")];
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

function read(chart) {
  const table = document.getElementById(chart.dataset.table);
  const columns = chart.dataset.chart.split(",").map(Number);
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows];
  return {
    names: rows.map((row) => row.cells[0].textContent.trim()),
    series: columns.map((column) => ({
      name: heads[column],
      values: rows.map((row) => Number(row.cells[column].textContent.replace(/[^\d.-]/g, ""))),
    })),
  };
}

for (const chart of document.querySelectorAll(".chart")) {
  const { names, series } = read(chart);
  chart.hidden = false;
  chart.style.height = `${names.length * (series.length * BAR + 14) + (series.length > 1 ? 44 : 16)}px`;
  const drawn = echarts.init(chart, null, { renderer: "svg" });
  drawn.setOption({
    animation: !still,
    aria: { enabled: true },
    color: colours,
    textStyle: { fontFamily: token("--sans"), fontSize: 14, color: token("--ink") },
    grid: { left: 0, right: 48, top: series.length > 1 ? 36 : 8, bottom: 0, containLabel: true },
    legend: series.length > 1 ? { top: 0, left: 0, itemWidth: 14, itemHeight: 14 } : undefined,
    xAxis: { type: "value", show: false },
    yAxis: {
      type: "category",
      data: names,
      inverse: true,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: token("--ink"), fontSize: 14, width: 168, overflow: "truncate" },
    },
    series: series.map(({ name, values }) => ({
      type: "bar",
      name,
      data: values,
      barWidth: BAR - 6,
      label: { show: true, position: "right", fontSize: 14, color: token("--ink") },
      emphasis: { disabled: true },
    })),
  });
  new ResizeObserver(() => drawn.resize()).observe(chart);
}
