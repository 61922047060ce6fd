//! The rows of a table of several levels, each of which stays below the row that contains it.

use crate::dashboard::value::Value;

/// The depth of a row in a table of several levels, from 0.
pub(super) type Depth<R> = fn(&R) -> usize;

/// The positions of the top-level rows; all rows if there is only one level.
pub(super) fn top_rows<R>(rows: &[R], depth: Option<Depth<R>>) -> Vec<usize> {
    let Some(depth) = depth else {
        return (0..rows.len()).collect();
    };
    let top = rows.iter().map(depth).min();
    let tops = rows.iter().enumerate();
    tops.filter(|(_, row)| Some(depth(row)) == top)
        .map(|(at, _)| at)
        .collect()
}

/// A row with its sort value, and the rows below it with theirs.
type Group<R> = ((Value, R), Vec<(Value, R)>);

/// Sorts rows by their values. In a table of several levels, rows are sorted within the row
/// above them.
pub(super) fn sort_rows<R>(
    mut keyed: Vec<(Value, R)>,
    depth: Option<Depth<R>>,
    is_descending: bool,
) -> Vec<R> {
    let Some(depth) = depth else {
        keyed.sort_by(|left, right| left.0.compare(&right.0, is_descending));
        return keyed.into_iter().map(|(_, row)| row).collect();
    };
    let Some(top) = keyed.iter().map(|(_, row)| depth(row)).min() else {
        return Vec::new();
    };
    // Each top-level row with the rows below it.
    let mut groups: Vec<Group<R>> = Vec::new();
    for (value, row) in keyed {
        match groups.last_mut() {
            Some((_, below)) if depth(&row) > top => below.push((value, row)),
            _ => groups.push(((value, row), Vec::new())),
        }
    }
    groups.sort_by(|left, right| left.0.0.compare(&right.0.0, is_descending));
    groups
        .into_iter()
        .flat_map(|((_, row), below)| {
            [row]
                .into_iter()
                .chain(sort_rows(below, Some(depth), is_descending))
        })
        .collect()
}
