//! Test binaries whose tests share one stage.
//!
//! libtest gives every test a thread and no place to end what they share, so
//! the browser would be started by each, or left behind by all.

use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use libtest_mimic::{Arguments, Trial};
use tokio::runtime::{Builder, Runtime};

use crate::stage::Stage;

/// No test takes this long; one that hangs must not hang the rest.
const LIMIT: Duration = Duration::from_secs(90);

/// A test: borrows the stage, and fails by error or panic.
pub type Test = for<'a> fn(&'a Stage) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// Makes `main` of a test binary from async functions of
/// `&Stage -> anyhow::Result<()>`, named as they are.
#[macro_export]
macro_rules! suite {
    ($($test:ident),+ $(,)?) => {
        fn main() -> std::process::ExitCode {
            $crate::suite::run(&[$((stringify!($test), |stage| Box::pin($test(stage)))),+])
        }
    };
}

/// Runs the tests one after another, then takes the stage down.
#[must_use]
pub fn run(tests: &[(&'static str, Test)]) -> ExitCode {
    let mut arguments = Arguments::from_args();
    // One browser window has one page in front; tests beside each other would fight for it.
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
    let trials = tests
        .iter()
        .map(|&(name, test)| {
            let shared = Arc::clone(&shared);
            Trial::test(name, move || {
                shared
                    .runtime
                    .block_on(async {
                        tokio::time::timeout(LIMIT, test(&shared.stage))
                            .await
                            .unwrap_or_else(|_| Err(anyhow!("no end after {} s", LIMIT.as_secs())))
                    })
                    .map_err(|error| format!("{error:#}").into())
            })
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

// Fields drop in order: what the stage holds lives on the runtime.
struct Shared {
    stage: Stage,
    runtime: Runtime,
}
