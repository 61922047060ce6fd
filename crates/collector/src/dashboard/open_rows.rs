//! The open rows of the breakdown, as they appear in an address.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;

use super::address::escaped;

/// The names from the product down to the row. An empty name stands for events
/// without one.
pub(crate) type RowPath = Vec<String>;

/// Most rows that an address may open. Nobody opens more by hand.
const MAX_OPEN: usize = 100;

/// Stands for no open row. The dots of a name that consists only of dots are escaped, so no
/// name looks like this.
const NONE: &str = ".";

/// Reads `product,product/module`, whose names are escaped.
pub(crate) fn parse(text: &str) -> BTreeSet<RowPath> {
    text.split(',')
        .filter(|path| *path != NONE)
        .take(MAX_OPEN)
        .map(parse_path)
        .collect()
}

/// Reads `product/module`, whose names are escaped.
pub(crate) fn parse_path(text: &str) -> RowPath {
    text.split('/')
        .map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned())
        .collect()
}

/// The text for [`parse_path`].
pub(crate) fn path_text(path: &[String]) -> String {
    let names: Vec<String> = path.iter().map(|name| escaped(name)).collect();
    names.join("/")
}

/// The text for [`parse`]; [`NONE`] when no row is open.
pub(crate) fn text(open: &BTreeSet<RowPath>) -> String {
    if open.is_empty() {
        return NONE.to_owned();
    }
    let paths: Vec<String> = open.iter().map(|path| path_text(path)).collect();
    paths.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_survives_an_address() {
        let path = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let open: BTreeSet<RowPath> = [
            path(&["a,b"]),
            path(&["a,b", "c/d"]),
            path(&["", "é%"]),
            path(&["."]),
        ]
        .into();
        assert_eq!(parse(&text(&open)), open);
        assert_eq!(parse(&text(&BTreeSet::new())), BTreeSet::new());
    }
}
