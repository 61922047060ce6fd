// How the panel looks: in light and dark, and down to the narrowest phones.

/** The style sheet of the shadow root. There, our `!important` takes precedence over the page's. */
export const STYLE = `
:host {
  all: initial !important;
  position: fixed !important;
  inset: auto 12px 12px auto !important;
  z-index: 2147483647 !important;
  display: block !important;
  width: min(460px, calc(100vw - 24px)) !important;
  color-scheme: light dark !important;
  --ground: #ffffff;
  --raised: #f4f6f8;
  --line: #d5dbe1;
  --text: #1a2129;
  --soft: #55616d;
  --accent: #0b63c5;
  --good: #14703c;
  --busy: #0b5cad;
  --waiting: #8a5a00;
  --bad: #b3261e;
  --off: #55616d;
}
@media (prefers-color-scheme: dark) {
  :host {
    --ground: #161b21;
    --raised: #1f262e;
    --line: #38424d;
    --text: #e8edf2;
    --soft: #a3afbb;
    --accent: #7db8ff;
    --good: #6fd39a;
    --busy: #7db8ff;
    --waiting: #f0be62;
    --bad: #ff938a;
    --off: #a3afbb;
  }
}
@media print { :host { display: none !important; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
aside {
  display: flex;
  flex-direction: column;
  max-height: min(600px, calc(100vh - 24px));
  max-height: min(600px, calc(100dvh - 24px));
  overflow: hidden;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--ground);
  color: var(--text);
  box-shadow: 0 8px 30px rgb(0 0 0 / 0.22);
  font: 13px/1.45 system-ui, sans-serif;
  text-align: start;
}
header { display: flex; align-items: center; gap: 8px; padding: 6px 6px 0 12px; }
h2 { flex: 1; margin: 0; font-size: 13px; font-weight: 650; letter-spacing: 0.01em; }
select { max-width: 50%; min-height: 28px; font: inherit; }
button { font: inherit; color: inherit; background: none; border: 0; cursor: pointer; }
.icon { width: 32px; height: 32px; border-radius: 6px; color: var(--soft); line-height: 1; }
.icon:hover, [role="tab"]:hover, summary:hover { background: var(--raised); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.status { display: flex; gap: 8px; margin: 0; padding: 2px 12px 10px; color: var(--soft); overflow-wrap: anywhere; }
.status::before {
  content: "";
  flex: none;
  width: 8px;
  height: 8px;
  margin-top: 6px;
  border-radius: 50%;
  background: currentColor;
  forced-color-adjust: none;
}
.status[data-tone="good"] { color: var(--good); }
.status[data-tone="busy"] { color: var(--busy); }
.status[data-tone="waiting"] { color: var(--waiting); }
.status[data-tone="bad"] { color: var(--bad); }
.body { display: flex; flex-direction: column; min-height: 0; border-top: 1px solid var(--line); }
[role="tablist"] { display: flex; gap: 2px; padding: 0 8px; border-bottom: 1px solid var(--line); background: var(--raised); }
[role="tab"] { padding: 8px 10px; border-bottom: 2px solid transparent; color: var(--soft); }
[role="tab"][aria-selected="true"] { border-bottom-color: var(--accent); color: var(--text); font-weight: 600; }
.count { font-variant-numeric: tabular-nums; font-weight: 400; color: var(--soft); }
.panels { display: flex; min-height: 0; height: 380px; }
[role="tabpanel"] { flex: 1; min-width: 0; overflow: auto; overscroll-behavior: contain; }
.empty { margin: 0; padding: 16px 12px; color: var(--soft); }
time, pre, code, dd { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 12px; }
time { color: var(--soft); font-variant-numeric: tabular-nums; }
.event, .problem { border-bottom: 1px solid var(--line); }
summary {
  display: grid;
  grid-template-columns: 8px auto minmax(0, 1fr) auto;
  gap: 0 8px;
  align-items: baseline;
  padding: 6px 12px;
  cursor: pointer;
  list-style: none;
}
summary::-webkit-details-marker { display: none; }
summary::before { content: "▸"; content: "▸" / ""; color: var(--soft); font-size: 11px; }
[open] > summary::before { content: "▾"; content: "▾" / ""; }
.what { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
strong { font-weight: 600; }
.about { color: var(--soft); }
.stage { padding: 0 7px; border: 1px solid currentColor; border-radius: 999px; font-size: 11px; line-height: 17px; }
.stage[data-stage="confirmed"] { color: var(--good); }
.stage[data-stage="made"], .stage[data-stage="queued"], .stage[data-stage="sent"] { color: var(--busy); }
.stage[data-stage="held"], .stage[data-stage="unsure"] { color: var(--waiting); }
.stage[data-stage="dropped"] { color: var(--bad); }
.stage[data-stage="left"] { color: var(--off); }
.note { grid-column: 2 / -1; margin: 2px 0 0; color: var(--soft); font-size: 12px; overflow-wrap: anywhere; }
.history { margin: 0; padding: 4px 12px 8px 28px; list-style: none; font-size: 12px; overflow-wrap: anywhere; }
pre { margin: 0 12px 10px 28px; padding: 8px 10px; border-radius: 6px; background: var(--raised); overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.problem { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 8px; padding: 8px 12px; }
.problem p { grid-column: 1 / -1; margin: 2px 0 0; overflow-wrap: anywhere; }
.problem code { color: var(--bad); }
.state { padding: 4px 12px 12px; }
h3 { margin: 12px 0 2px; font-size: 12px; font-weight: 600; color: var(--soft); }
dl { margin: 0; }
dl div { display: grid; grid-template-columns: minmax(110px, 34%) minmax(0, 1fr); gap: 8px; padding: 3px 0; }
dl div + div { border-top: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; line-height: 19px; }
@media (max-width: 520px) {
  :host { inset: auto 0 0 0 !important; width: auto !important; }
  aside { max-height: 70vh; max-height: 70dvh; border-radius: 12px 12px 0 0; border-inline: 0; border-bottom: 0; }
  .icon { width: 40px; height: 40px; }
  [role="tab"] { padding: 11px 10px; }
  summary { padding-block: 9px; }
}
@media (pointer: coarse) { .icon { width: 44px; height: 44px; } }
`;
