//! Test binaries whose tests share one stage.
//!
//! libtest runs every test on its own thread and has no hook for the end of all tests. So
//! either each test would start its own browser, or the shared one would never be stopped.

use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use libtest_mimic::{Arguments, Trial};
use tokio::runtime::{Builder, Runtime};

use crate::browser::BrowserKind;
use crate::hosts;
use crate::stage::Stage;

/// Time limit of a test. No test takes this long, and one that hangs must not block the
/// others.
const LIMIT: Duration = Duration::from_secs(300);

/// A test: borrows the stage, and fails with an error or a panic.
pub type Test = for<'a> fn(&'a Stage) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// A test, and the browsers whose drivers cannot run it.
pub struct Case {
    /// The function's name.
    pub name: &'static str,
    /// The function.
    pub test: Test,
    /// In these browsers it counts as ignored, not as passed.
    pub skipped_in: &'static [BrowserKind],
}

/// A test that is generated from a table.
pub struct Named {
    /// Its name.
    pub name: String,
    /// The test.
    pub test: MadeTest,
    /// In these browsers it counts as ignored, not as passed.
    pub skipped_in: &'static [BrowserKind],
}

/// As [`Test`], but a closure.
pub type MadeTest =
    Arc<dyn for<'a> Fn(&'a Stage) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>> + Send + Sync>;

/// Defines `main` of a test binary that runs async functions of `&Stage ->
/// anyhow::Result<()>`, each under its own name. A test that a driver cannot run is skipped
/// there: `a_test skipped in Firefox Webkit`.
#[macro_export]
macro_rules! suite {
    ($($test:ident $(skipped in $($browser:ident)+)?),+ $(,)?) => {
        fn main() -> std::process::ExitCode {
            $crate::suite::run(env!("CARGO_CRATE_NAME"), &[$($crate::suite::Case {
                name: stringify!($test),
                test: |stage| Box::pin($test(stage)),
                skipped_in: &[$($($crate::browser::BrowserKind::$browser),+)?],
            }),+])
        }
    };
}

/// Runs the tests of a file one after another, then closes the stage.
#[must_use]
pub fn run(file: &str, cases: &[Case]) -> ExitCode {
    let named = |case: &Case| Named {
        name: case.name.to_owned(),
        test: Arc::new(case.test),
        skipped_in: case.skipped_in,
    };
    run_named(file, cases.iter().map(named).collect())
}

/// [`run`], for generated tests.
#[must_use]
pub fn run_named(file: &str, cases: Vec<Named>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    let browser = match BrowserKind::from_env() {
        Ok(browser) => browser,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    // A browser window has only one page in the foreground, for which parallel tests would
    // compete.
    arguments.test_threads = Some(1);
    let shared = Arc::new(Shared {
        stage: Stage::default(),
        runtime: match Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
        {
            Ok(runtime) => runtime,
            Err(error) => {
                eprintln!("no async runtime: {error}");
                return ExitCode::FAILURE;
            }
        },
    });
    let trials = cases
        .into_iter()
        .map(
            |Named {
                 name,
                 test,
                 skipped_in,
             }| {
                let shared = Arc::clone(&shared);
                let is_excepted = hosts::is_absent(file)
                    || hosts::class().is_some() && hosts::excepted(file, &name).is_some();
                let trial = Trial::test(name, move || {
                    shared
                        .runtime
                        .block_on(async {
                            tokio::time::timeout(LIMIT, test(&shared.stage))
                                .await
                                .unwrap_or_else(|_| {
                                    Err(anyhow!("no end after {} s", LIMIT.as_secs()))
                                })
                        })
                        .map_err(|error| format!("{error:#}").into())
                });
                trial.with_ignored_flag(is_excepted || skipped_in.contains(&browser))
            },
        )
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

// Fields are dropped in order: the contents of the stage need the runtime.
struct Shared {
    stage: Stage,
    runtime: Runtime,
}
