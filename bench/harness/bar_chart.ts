/**
 * Draws groups of bars side by side.
 *
 * @module
 */

import { Canvas, type Color } from "./canvas.ts";

/** A chart with axes of its own. */
export interface BarPanel {
  /** What stands above it. */
  readonly title: string;
  /** Names of the groups, from left to right. */
  readonly groups: readonly string[];
  /** Of each series a value for each group. */
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
}

const WHITE: Color = [255, 255, 255];
const BLACK: Color = [30, 30, 30];
const GRID: Color = [225, 225, 225];
const COLORS: readonly Color[] = [[150, 160, 175], [60, 140, 60]];

const WIDTH = 960;
const PANEL_HEIGHT = 400;
const TITLE_HEIGHT = 60;
const MARGIN = { left: 110, right: 30, top: 70, bottom: 45 };
const PADDING = 8;
const TICKS = 5;
const GROUP_FILL = 0.75;
const LEGEND_WIDTH = 130;

/** A round number that is not below `value`. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5].find((step) => step * power >= value) ?? 10) * power;
}

function drawAxis(canvas: Canvas, top: number, height: number, step: number): void {
  const width = canvas.width - MARGIN.left - MARGIN.right;
  for (let tick = 0; tick <= TICKS; tick++) {
    const y = top + height - height * tick / TICKS;
    canvas.fill(MARGIN.left, y, width, 1, tick === 0 ? BLACK : GRID);
    const label = String(Number((step * tick).toPrecision(3)));
    const middle = y - Canvas.textHeight() / 2;
    canvas.text(label, MARGIN.left - PADDING, middle, { color: BLACK, align: "right" });
  }
}

function drawBars(
  canvas: Canvas,
  { groups, series }: BarPanel,
  { top, height, highest }: { top: number; height: number; highest: number },
): void {
  const groupWidth = (canvas.width - MARGIN.left - MARGIN.right) / groups.length;
  const barWidth = groupWidth * GROUP_FILL / series.length;
  groups.forEach((group, i) => {
    const middle = MARGIN.left + (i + 0.5) * groupWidth;
    canvas.text(group, middle, top + height + PADDING, { color: BLACK, align: "middle" });
    series.forEach(({ values }, k) => {
      const left = middle + (k - series.length / 2) * barWidth;
      const bar = height * values[i] / highest;
      canvas.fill(left, top + height - bar, barWidth - 2, bar, COLORS[k]);
      const label = values[i].toFixed(0);
      const above = top + height - bar - Canvas.textHeight() - 3;
      canvas.text(label, left + barWidth / 2, above, { color: BLACK, align: "middle" });
    });
  });
}

function drawLegend(canvas: Canvas, { series }: BarPanel, top: number): void {
  const size = Canvas.textHeight();
  series.forEach(({ name }, k) => {
    const left = canvas.width - MARGIN.right - (series.length - k) * LEGEND_WIDTH;
    canvas.fill(left, top, size, size, COLORS[k]);
    canvas.text(name, left + size + PADDING, top, { color: BLACK });
  });
}

/** Draws panels below each other, of up to two series each, as PNG; `unit` names what the bars tell. */
export function drawBarChart(
  title: string,
  unit: string,
  panels: readonly BarPanel[],
): Uint8Array<ArrayBuffer> {
  const canvas = new Canvas(WIDTH, TITLE_HEIGHT + panels.length * PANEL_HEIGHT, WHITE);
  canvas.text(title, WIDTH / 2, TITLE_HEIGHT / 2, { color: BLACK, dot: 3, align: "middle" });
  panels.forEach((panel, i) => {
    const panelTop = TITLE_HEIGHT + i * PANEL_HEIGHT;
    const top = panelTop + MARGIN.top;
    const height = PANEL_HEIGHT - MARGIN.top - MARGIN.bottom;
    const largest = Math.max(...panel.series.flatMap(({ values }) => values));
    const step = roundUp(largest / TICKS);
    canvas.text(`${panel.title}, ${unit}`, MARGIN.left, panelTop + PADDING, { color: BLACK });
    drawLegend(canvas, panel, panelTop + PADDING);
    drawAxis(canvas, top, height, step);
    drawBars(canvas, panel, { top, height, highest: step * TICKS });
  });
  return canvas.encode();
}
