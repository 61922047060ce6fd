//! The numbers of the two sides, held against each other: nothing else would
//! notice that JS and Rust mean different things by the same one.

use std::collections::BTreeMap;

type Numbers = BTreeMap<String, u8>;

const FACADE: &str = include_str!("../js/core.ts");

/// `pub(crate) const SET_USER: u8 = 2;`
fn of_rust(source: &str) -> Numbers {
    let constants = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub(crate) const "));
    numbers(constants.map(|line| line.trim_end_matches(';').split_once(": u8 = ")))
}

/// `SetUser = 2,` between the braces of an enum, with Rust's spelling.
fn of_facade(name: &str) -> Numbers {
    let start = format!("export const enum {name} {{");
    let (_, rest) = FACADE
        .split_once(&start)
        .unwrap_or_else(|| panic!("js/core.ts has no enum {name}"));
    let (body, _) = rest.split_once('}').expect("the enum ends");
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    numbers(lines.map(|line| line.trim_end_matches(',').split_once(" = ")))
        .into_iter()
        .map(|(name, number)| (screaming(&name), number))
        .collect()
}

fn numbers<'a>(pairs: impl Iterator<Item = Option<(&'a str, &'a str)>>) -> Numbers {
    let mut numbers = Numbers::new();
    for pair in pairs {
        let (name, number) = pair.expect("a name and its number");
        let number = number.parse().expect("a number from 0 to 255");
        let earlier = numbers.insert(name.to_owned(), number);
        assert_eq!(earlier, None, "{name} is there twice");
    }
    assert!(!numbers.is_empty(), "no number was found");
    numbers
}

/// `SET_USER` of `SetUser`.
fn screaming(camel: &str) -> String {
    let mut out = String::new();
    for letter in camel.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(letter.to_uppercase());
    }
    out
}

#[test]
fn the_facade_tells_what_happened_by_the_numbers_that_are_read_here() {
    assert_eq!(of_facade("Op"), of_rust(include_str!("decode.rs")));
}

#[test]
fn the_facade_does_what_is_meant_here_by_each_number() {
    assert_eq!(of_facade("Do"), of_rust(include_str!("encode.rs")));
}

#[test]
fn no_number_means_two_things() {
    for numbers in [of_facade("Op"), of_facade("Do")] {
        let mut sorted: Vec<u8> = numbers.values().copied().collect();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..numbers.len() as u8).collect::<Vec<u8>>());
    }
}
