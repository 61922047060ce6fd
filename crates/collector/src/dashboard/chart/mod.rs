//! Usage over time, as a chart that needs no script and as a table of the same figures. Also
//! small curves for lists.

mod axis;
pub(super) mod choice;

use maud::{Markup, html};

use crate::{
    dashboard::{
        chart::{
            axis::{Axis, Unit},
            choice::Metric,
        },
        format,
        sheet::Sheet,
        table::{Table, choice::Sort, column::Column},
        value::Value,
        view::View,
    },
    model::bars::{BarDays, Bars},
    store::usage::Totals,
};

/// Width of the drawing in its own units. The page stretches it to fit.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 240.0;

/// Most days that are written below the axis.
const MARKS: usize = 5;

/// Most width of a bar, so that one day alone does not look like a wall.
const WIDEST: f64 = 80.0;

/// A bar: its days and their figures, and the figures of the corresponding days in the
/// previous period.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    pub(crate) days: BarDays,
    pub(crate) now: Totals,
    pub(crate) before: Option<Totals>,
}

impl Bar {
    /// Combines the bars of a period with its figures and those of the previous period.
    pub(crate) fn all(days: &[BarDays], now: Vec<Totals>, before: Vec<Option<Totals>>) -> Vec<Bar> {
        let mut before = before.into_iter();
        days.iter()
            .zip(now)
            .map(|(days, now)| Bar {
                days: *days,
                now,
                before: before.next().flatten(),
            })
            .collect()
    }

    /// Its days in words.
    fn label(&self) -> String {
        let BarDays { first, end } = self.days;
        if first.until(end) <= 1 {
            format::weekday_and_day(first)
        } else {
            format!("{} – {}", format::date(first), format::date(end.plus(-1)))
        }
    }

    fn now(&self, metric: Metric) -> f64 {
        metric.of(&self.now)
    }

    fn before(&self, metric: Metric) -> Option<f64> {
        self.before.as_ref().map(|totals| metric.of(totals))
    }

    /// Its figures in words.
    fn reading(&self, metric: Metric) -> String {
        let mut words = format!("{}: {}", self.label(), metric.written(self.now(metric)));
        if let Some(before) = self.before(metric) {
            words += &format!(" (in the period before: {})", metric.written(before));
        }
        words
    }

    /// The day that is written below the bar on the axis.
    fn mark(&self, bars: Bars) -> String {
        match bars {
            Bars::Days | Bars::Weeks | Bars::Months => format::short_day(self.days.first),
            Bars::Rolling7 | Bars::Rolling28 => format::short_day(self.days.end.plus(-1)),
        }
    }
}

impl Metric {
    /// The value of this metric in `totals`.
    pub(crate) fn of(self, totals: &Totals) -> f64 {
        match self {
            Metric::Features => totals.features,
            Metric::Users => totals.users as f64,
            Metric::Sessions => totals.sessions as f64,
            Metric::ActiveTime => totals.active_time as f64,
            Metric::ModuleTime => totals.module_time as f64,
        }
    }

    fn unit(self) -> Unit {
        match self {
            Metric::Features | Metric::Users | Metric::Sessions => Unit::Count,
            Metric::ActiveTime | Metric::ModuleTime => Unit::Duration,
        }
    }

    fn written(self, figure: f64) -> String {
        match self.unit() {
            Unit::Count => format::sum(figure),
            Unit::Duration => format::duration(figure as i64),
        }
    }
}

/// Renders the chart of a page, a choice among `metrics`, and its figures as a table.
pub(crate) fn chart(
    sheet: &Sheet,
    bars: Vec<Bar>,
    metrics: &[Metric],
    path: &str,
    view: &View,
) -> Markup {
    let metric = if metrics.contains(&view.metric) {
        view.metric
    } else {
        Metric::default()
    };
    let switch = |name: &str, links: Markup| {
        html! { nav .segments aria-label=(name) { (links) } }
    };
    html! {
        figure .chart #chart {
            div .chart-controls {
                (switch("What the chart shows", html! {
                    @for of in metrics.iter().copied() {
                        @let to = View { metric: of, ..view.clone() };
                        a data-swap data-metric=(of.name()) href=(to.at(path)) aria-current=[(of == metric).then_some("true")] {
                            (of.label())
                        }
                    }
                }))
                (switch("What a bar stands for", html! {
                    @for of in Bars::ALL {
                        @let to = View { bars: of, ..view.clone() };
                        a data-swap data-bars=(of.name()) href=(to.at(path)) aria-current=[(of == view.bars).then_some("true")] {
                            (of.label())
                        }
                    }
                }))
            }
            (drawing(&bars, metric, view.bars))
            details .figures {
                summary { "The figures of the chart" }
                (sheet.table(&figures(metrics, path, view), bars))
            }
        }
    }
}

fn drawing(bars: &[Bar], metric: Metric, kind: Bars) -> Markup {
    let is_compared = bars.iter().any(|bar| bar.before.is_some());
    let most = bars
        .iter()
        .flat_map(|bar| [Some(bar.now(metric)), bar.before(metric)])
        .flatten()
        .fold(0.0, f64::max);
    let axis = Axis::up_to(if most.is_finite() { most } else { 1.0 }, metric.unit());
    let readings: Vec<String> = bars.iter().map(|bar| bar.reading(metric)).collect();
    let summary = summary(bars, metric);
    html! {
        div .drawing data-readings=(serde_json::to_string(&readings).unwrap_or_default()) {
            div .y aria-hidden="true" {
                @for mark in axis.marks.iter().rev() { span { (axis.label(*mark)) } }
            }
            div .plot { (plot(bars, metric, &axis)) }
            div .x.few[bars.len() <= MARKS] aria-hidden="true" {
                @for at in marked(bars.len()) { span { (bars[at].mark(kind)) } }
            }
        }
        p .reading data-usual=(summary) { (summary) }
        @if is_compared {
            p .legend {
                span .key-now {} "This period "
                span .key-before {} "The period before"
            }
        }
    }
}

/// Draws the bars of the period, and the period before as a line.
fn plot(bars: &[Bar], metric: Metric, axis: &Axis) -> Markup {
    let y = |value: f64| HEIGHT - (value / axis.end()).clamp(0.0, 1.0) * HEIGHT;
    let step = WIDTH / bars.len().max(1) as f64;
    let gap = if step > 12.0 { step * 0.28 } else { step * 0.1 };
    let gap = gap.max(step - WIDEST);
    let line: Vec<String> = bars
        .iter()
        .enumerate()
        .filter_map(|(at, bar)| {
            let x = (at as f64 + 0.5) * step;
            Some(format!("{x:.1},{:.1}", y(bar.before(metric)?)))
        })
        .collect();
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none" aria-hidden="true" {
            @for mark in &axis.marks {
                line .grid x1="0" x2=(WIDTH) y1=(format!("{:.1}", y(*mark))) y2=(format!("{:.1}", y(*mark))) {}
            }
            @for (at, bar) in bars.iter().enumerate() {
                @let top = y(bar.now(metric));
                rect .now x=(format!("{:.2}", at as f64 * step + gap / 2.0)) width=(format!("{:.2}", step - gap))
                    y=(format!("{top:.1}")) height=(format!("{:.1}", HEIGHT - top)) {}
            }
            @if !line.is_empty() { polyline .before points=(line.join(" ")) {} }
            line .pointer x1="-9" x2="-9" y1="0" y2=(HEIGHT) {}
        }
    }
}

/// The highest bar in words.
fn summary(bars: &[Bar], metric: Metric) -> String {
    let best = bars
        .iter()
        .max_by(|left, right| left.now(metric).total_cmp(&right.now(metric)))
        .filter(|bar| bar.now(metric) > 0.0);
    match best {
        Some(bar) => format!(
            "Most on {}: {}",
            bar.label(),
            metric.written(bar.now(metric))
        ),
        None => "None in this period".to_owned(),
    }
}

/// The bars whose day is written below the axis: a few, at equal distances.
fn marked(bars: usize) -> Vec<usize> {
    match bars {
        0 => Vec::new(),
        1..=MARKS => (0..bars).collect(),
        _ => (0..MARKS).map(|at| at * (bars - 1) / (MARKS - 1)).collect(),
    }
}

fn figures<'a>(metrics: &[Metric], path: &str, view: &'a View) -> Table<'a, Bar> {
    let kind = view.bars;
    let mut table = Table::new(
        "days",
        "Figures of the chart",
        Sort::down("from"),
        path,
        view,
    )
    .with(
        Column::text("from", kind.label(), |bar: &Bar| Value::Day(bar.days.first))
            .shown(|bar| html! { (bar.label()) }),
    )
    .with(
        Column::text("to", "Last day", |bar: &Bar| {
            Value::Day(bar.days.end.plus(-1))
        })
        .only_in_csv(),
    );
    for metric in metrics.iter().copied() {
        let value = move |totals: &Totals| match metric.unit() {
            Unit::Count => Value::Sum(metric.of(totals)),
            Unit::Duration => Value::Duration(metric.of(totals) as i64),
        };
        let before = move |bar: &Bar| bar.before.as_ref().map_or(Value::None, value);
        table = table
            .with(
                Column::number(metric.name(), metric.label(), move |bar: &Bar| {
                    value(&bar.now)
                })
                .shown(move |bar| {
                    html! {
                        (value(&bar.now).show())
                        @if bar.before.is_some() { small { "before: " (before(bar).show()) } }
                    }
                }),
            )
            .with(
                Column::number(&format!("{}_before", metric.name()), "Before", before)
                    .only_in_csv(),
            );
    }
    table
}

/// Renders a small curve.
pub(crate) fn curve(values: &[f32]) -> Markup {
    const WIDTH: f32 = 96.0;
    const HEIGHT: f32 = 20.0;
    let most = values.iter().copied().fold(0.0, f32::max);
    if values.len() < 2 || most <= 0.0 || !most.is_finite() {
        return html! {};
    }
    let step = WIDTH / (values.len() - 1) as f32;
    let points: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let y = HEIGHT - 1.0 - value.max(0.0) / most * (HEIGHT - 3.0);
            format!("{:.1},{y:.1}", at as f32 * step)
        })
        .collect();
    let line = points.join(" ");
    html! {
        svg .curve viewBox={"0 0 " (WIDTH) " " (HEIGHT)} width=(WIDTH) height=(HEIGHT) aria-hidden="true" {
            polygon points={"0," (HEIGHT) " " (line) " " (WIDTH) "," (HEIGHT)} {}
            polyline points=(line) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::calendar::Day;

    fn bars(count: i64) -> Vec<Bar> {
        let first: Day = "2024-05-01".parse().unwrap();
        let bar = |at| Bar {
            days: BarDays {
                first: first.plus(at),
                end: first.plus(at + 1),
            },
            now: Totals {
                features: 1.0,
                ..Totals::default()
            },
            before: None,
        };
        (0..count).map(bar).collect()
    }

    #[test]
    fn a_few_bars_are_as_narrow_as_those_of_two_weeks_and_stand_above_their_days() {
        let shown = |count| drawing(&bars(count), Metric::Features, Bars::Days).into_string();
        assert!(
            shown(1).contains("x=\"460.00\" width=\"80.00\""),
            "{}",
            shown(1)
        );
        assert!(
            shown(5).contains("x=\"60.00\" width=\"80.00\""),
            "{}",
            shown(5)
        );
        assert!(
            shown(20).contains("x=\"7.00\" width=\"36.00\""),
            "{}",
            shown(20)
        );
        assert!(shown(5).contains("class=\"x few\""));
        assert!(shown(6).contains("class=\"x\""));
    }
}
