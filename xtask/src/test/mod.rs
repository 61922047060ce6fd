//! `cargo xtask test`: every check of the workspace, with a summary in the last line.

mod book;
mod count;
mod deny;
mod docs;
mod e2e;
mod failures;
mod fuzz;
mod guides;
mod links;
mod lint;
mod msrv;
mod native;
mod package;
mod packaging;
mod samples;
mod scaled;
mod wasm;

use std::cell::RefCell;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::setup::browsers::Kind;
use count::Count;
use failures::Failures;
use package::Package;
pub use package::pack;
pub use packaging::{Part, Selection, run as try_packages};

/// What the suites share.
struct Bench {
    browsers: Vec<Kind>,
    package: Package,
    failures: RefCell<Failures>,
}

/// A group of tests that is run and counted separately.
struct Suite {
    name: &'static str,
    run: fn(&Bench) -> Result<Count>,
}

/// Ordered by how soon they find a mistake.
const SUITES: [Suite; 22] = [
    Suite {
        name: "rustfmt",
        run: lint::rustfmt,
    },
    Suite {
        name: "biome",
        run: lint::biome,
    },
    Suite {
        name: "clippy",
        run: lint::clippy,
    },
    Suite {
        name: "clippy-wasm",
        run: lint::clippy_wasm,
    },
    Suite {
        name: "docs",
        run: docs::suite,
    },
    Suite {
        name: "book",
        run: book::suite,
    },
    Suite {
        name: "msrv",
        run: msrv::suite,
    },
    Suite {
        name: "deny",
        run: deny::suite,
    },
    Suite {
        name: "native",
        run: native::suite,
    },
    Suite {
        name: "scaled",
        run: scaled::suite,
    },
    Suite {
        name: "fuzz",
        run: fuzz::suite,
    },
    Suite {
        name: "build",
        run: package::build,
    },
    Suite {
        name: "typescript",
        run: package::typescript,
    },
    Suite {
        name: "types",
        run: package::types,
    },
    Suite {
        name: "node",
        run: package::node,
    },
    Suite {
        name: "packaging",
        run: packaging::suite,
    },
    Suite {
        name: "wasm",
        run: wasm::suite,
    },
    Suite {
        name: "e2e",
        run: e2e::suite,
    },
    Suite {
        name: "class",
        run: package::class,
    },
    Suite {
        name: "e2e-class",
        run: e2e::class,
    },
    Suite {
        name: "leptos",
        run: e2e::leptos,
    },
    Suite {
        name: "yew",
        run: e2e::yew,
    },
];

/// Suites that run only when they are named. `class` builds std twice more, which takes
/// minutes, and the others do not pass in every browser yet.
const NAMED_ONLY: [&str; 4] = ["class", "e2e-class", "leptos", "yew"];

/// `cargo xtask test [--browser NAME]… [--only SUITE]…`
pub fn task(args: &[&str]) -> Result<ExitCode> {
    let (browsers, only) = parse(args)?;
    let bench = Bench {
        browsers,
        package: Package::default(),
        failures: RefCell::default(),
    };
    let is_chosen = |suite: &&Suite| {
        if only.is_empty() {
            !NAMED_ONLY.contains(&suite.name)
        } else {
            only.contains(&suite.name)
        }
    };
    let chosen = SUITES.iter().filter(is_chosen);

    let mut results = Vec::new();
    for suite in chosen {
        println!("\n=== {} ===", suite.name);
        let started = Instant::now();
        let count = (suite.run)(&bench)
            .and_then(Count::of_some)
            .unwrap_or_else(|error| {
                eprintln!("error: {error:#}");
                Count::one(false)
            });
        results.push((suite.name, count, started.elapsed()));
    }
    println!("\n{}", bench.failures.borrow().text());
    if only.is_empty() {
        println!("not run unless named by --only: {}", NAMED_ONLY.join(", "));
    }
    Ok(summary(&results))
}

fn parse<'a>(args: &[&'a str]) -> Result<(Vec<Kind>, Vec<&'a str>)> {
    let (mut browsers, mut only) = (Vec::new(), Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match (*arg, args.next()) {
            ("--browser", Some(name)) => browsers.push(name.parse()?),
            ("--only", Some(name)) if SUITES.iter().any(|suite| suite.name == *name) => {
                only.push(*name)
            }
            _ => {
                let names: Vec<_> = SUITES.iter().map(|suite| suite.name).collect();
                bail!(
                    "test takes --browser chromium|firefox|webkit and --only SUITE, each more than \
                     once if need be; the suites are {}",
                    names.join(", ")
                );
            }
        }
    }
    if browsers.is_empty() {
        browsers.extend([Kind::Chromium, Kind::Firefox]);
    }
    Ok((browsers, only))
}

fn summary(results: &[(&str, Count, Duration)]) -> ExitCode {
    println!(
        "\n{:<14}{:>8}{:>8}{:>9}{:>9}",
        "suite", "passed", "failed", "skipped", "time"
    );
    let mut total = Count::default();
    for (name, count, took) in results {
        println!(
            "{name:<14}{:>8}{:>8}{:>9}{:>7} s",
            count.passed,
            count.failed,
            count.skipped,
            took.as_secs()
        );
        total.add(*count);
    }
    if total.skipped > 0 {
        println!("\n{} skipped", total.skipped);
    }
    println!("\n{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chromium_and_firefox_are_the_browsers_unless_others_are_named() {
        let unnamed = parse(&[]).expect("no arguments").0;
        assert_eq!(unnamed, [Kind::Chromium, Kind::Firefox]);
        let named =
            parse(&["--browser", "firefox", "--browser", "webkit"]).expect("known browsers");
        assert_eq!(named.0, [Kind::Firefox, Kind::Webkit]);
        assert!(parse(&["--browser", "lynx"]).is_err());
        assert!(parse(&["--browser"]).is_err());
    }

    #[test]
    fn a_suite_that_does_not_exist_is_refused_rather_than_skipped() {
        assert_eq!(parse(&["--only", "e2e"]).expect("a suite").1, ["e2e"]);
        let error = parse(&["--only", "e2"]).expect_err("no suite").to_string();
        assert!(error.contains("native, scaled"), "{error}");
    }
}
