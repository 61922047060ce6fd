//! The marks of a chart's vertical axis.

use crate::dashboard::format;

/// Most steps of an axis.
const MAX_STEPS: f64 = 5.0;

/// Steps of durations in ms: round seconds, minutes and hours.
const TIME_STEPS: [i64; 22] = [
    1_000,
    5_000,
    15_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    900_000,
    1_800_000,
    3_600_000,
    7_200_000,
    14_400_000,
    21_600_000,
    43_200_000,
    86_400_000,
    180_000_000,
    360_000_000,
    720_000_000,
    1_800_000_000,
    3_600_000_000,
    7_200_000_000,
];

/// What an axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Whole numbers.
    Count,
    /// Milliseconds.
    Duration,
}

/// An axis from 0 to the last of its marks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    /// The values that are marked, from 0 up.
    pub(crate) marks: Vec<f64>,
    unit: Unit,
}

impl Axis {
    /// An axis that reaches at least to a value.
    pub(crate) fn up_to(most: f64, unit: Unit) -> Self {
        let least = (most / MAX_STEPS).max(0.0);
        let step = match unit {
            Unit::Count => count_step(least),
            Unit::Duration => TIME_STEPS
                .into_iter()
                .map(|step| step as f64)
                .find(|step| *step >= least)
                .unwrap_or_else(|| count_step(least)),
        };
        let steps = (most / step).ceil().clamp(1.0, MAX_STEPS) as usize;
        Axis {
            marks: (0..=steps).map(|at| at as f64 * step).collect(),
            unit,
        }
    }

    /// The value at its end.
    pub(crate) fn end(&self) -> f64 {
        self.marks.last().copied().unwrap_or(1.0)
    }

    /// The text of a mark.
    pub(crate) fn label(&self, mark: f64) -> String {
        match self.unit {
            Unit::Count => format::number(mark as i64),
            Unit::Duration if mark == 0.0 => "0".to_owned(),
            Unit::Duration => format::round_duration(mark as i64),
        }
    }
}

/// 1, 2 or 5 times a power of ten, and never less than one, because the figures are whole
/// numbers.
fn count_step(least: f64) -> f64 {
    if least <= 1.0 {
        return 1.0;
    }
    let power = 10_f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|factor| factor * power >= least)
        .unwrap_or(10.0);
    factor * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(most: f64, unit: Unit) -> Vec<String> {
        let axis = Axis::up_to(most, unit);
        let label = |mark: &f64| axis.label(*mark).replace('\u{a0}', " ");
        axis.marks.iter().map(label).collect()
    }

    #[test]
    fn counts_have_whole_marks() {
        assert_eq!(labels(1.0, Unit::Count), ["0", "1"]);
        assert_eq!(labels(3.0, Unit::Count), ["0", "1", "2", "3"]);
        assert_eq!(labels(7.0, Unit::Count), ["0", "2", "4", "6", "8"]);
        assert_eq!(
            labels(924.0, Unit::Count),
            ["0", "200", "400", "600", "800", "1,000"]
        );
        assert_eq!(labels(0.0, Unit::Count), ["0", "1"]);
        assert_eq!(labels(0.4, Unit::Count), ["0", "1"]);
    }

    #[test]
    fn durations_have_round_marks() {
        assert_eq!(
            labels(200_000.0, Unit::Duration),
            ["0", "1 min", "2 min", "3 min", "4 min"]
        );
        assert_eq!(
            labels(9_000_000.0, Unit::Duration),
            ["0", "30 min", "1 h", "90 min", "2 h", "150 min"]
        );
        assert_eq!(labels(3_000.0, Unit::Duration), ["0", "1 s", "2 s", "3 s"]);
    }

    #[test]
    fn the_axis_reaches_to_the_largest_value() {
        for most in [0.1, 1.0, 9.9, 10.0, 11.0, 12_345.0, 9e9] {
            for unit in [Unit::Count, Unit::Duration] {
                assert!(Axis::up_to(most, unit).end() >= most, "{most} {unit:?}");
            }
        }
    }
}
