//! The numbers of the two sides, held against each other: nothing else would
//! notice that JS and Rust mean different things by the same one.

use std::collections::BTreeMap;

type Numbers = BTreeMap<String, u8>;

const FACADE: &str = include_str!("../js/core.ts");

/// `SetUser = 2,` between the braces of an enum, whatever is said of it.
fn of(source: &str, start: &str) -> Numbers {
    let (_, rest) = source
        .split_once(start)
        .unwrap_or_else(|| panic!("there is no {start}"));
    let (body, _) = rest.split_once("\n}").expect("it ends");
    let lines = body.lines().map(str::trim);
    let lines = lines.filter(|line| line.contains(" = ") && !line.starts_with("//"));
    numbers(lines.map(|line| line.trim_end_matches(',').split_once(" = ")))
}

fn of_facade(name: &str) -> Numbers {
    of(FACADE, &format!("export const enum {name} {{"))
}

fn of_engine(name: &str) -> Numbers {
    match name {
        "Op" => of(include_str!("../crates/engine/src/input.rs"), "\nops! {"),
        _ => of(
            include_str!("../crates/engine/src/effect.rs"),
            "pub enum Do {",
        ),
    }
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

#[test]
fn both_sides_mean_the_same_by_each_number() {
    for name in ["Op", "Do"] {
        assert_eq!(of_facade(name), of_engine(name));
    }
}

#[test]
fn no_number_means_two_things() {
    for numbers in [of_facade("Op"), of_facade("Do")] {
        let mut sorted: Vec<u8> = numbers.values().copied().collect();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..numbers.len() as u8).collect::<Vec<u8>>());
    }
}
