//! Actions of a test in the page that it opened.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use fantoccini::actions::{InputSource, MouseActions, PointerAction};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::collector::Source;
use crate::wait;

/// The document that the browser shows.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    browser: &'a Browser,
}

/// Errors in a page, as recorded by `pages/watch.js`.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Trouble {
    /// Uncaught errors.
    pub errors: Vec<String>,
    /// Unhandled rejections.
    pub rejections: Vec<String>,
    /// Calls of `console.error`, each with its arguments joined by spaces.
    pub console: Vec<String>,
}

impl<'a> Page<'a> {
    /// The page that this browser currently shows.
    #[must_use]
    pub fn new(browser: &'a Browser) -> Self {
        Self { browser }
    }

    /// Runs `body` as the body of an async function, with `args` as the variable `args`, and
    /// returns its result.
    ///
    /// # Errors
    /// When the function throws, takes too long, or returns another shape.
    pub async fn run<T: DeserializeOwned>(&self, body: &str, args: Value) -> Result<T> {
        // The function is created by the page's own `Function`, so that its objects and
        // errors are the page's: Firefox runs a driver's scripts in a separate realm. If the
        // policy of the page forbids that, the body runs directly. Rejections are handled
        // here, so that they never count as the page's.
        let script = format!(
            "const done = arguments[arguments.length - 1], [body, args] = arguments;
             let run;
             try {{
               run = new window.Function('args', `return (async () => {{ ${{body}} }})();`);
             }} catch {{
               run = async (args) => {{ {body} }};
             }}
             run(args).then(
                (value) => done({{ value: value === undefined ? null : value }}),
                (error) => done({{ error: `${{error}}\n${{error?.stack ?? ''}}` }}));"
        );
        let mut answer = self
            .browser
            .client()
            .execute_async(&script, vec![json!(body), args])
            .await?;
        if let Some(error) = answer.get("error") {
            bail!(
                "the page threw: {}\nin: {body}",
                error.as_str().unwrap_or_default()
            );
        }
        serde_json::from_value(answer["value"].take())
            .with_context(|| format!("unexpected shape from: {body}"))
    }

    /// [`Page::run`], without a result.
    ///
    /// # Errors
    /// As [`Page::run`].
    pub async fn act(&self, body: &str, args: Value) -> Result<()> {
        self.run::<Value>(body, args).await.map(drop)
    }

    /// Creates a tracker as `window._na`, which reports its problems to `window.problems`.
    /// Unless `settings` says otherwise, the identity is known and only calls make events.
    ///
    /// # Errors
    /// When the page has no `window.na`, or the constructor throws.
    pub async fn track(&self, endpoint: &str, source: &Source, settings: Value) -> Result<()> {
        self.act(
            "window.problems = [];
             window._na = new na(args.source.api_key, args.source.auth_key, {
               endpoint: args.endpoint,
               accountId: 'acme', userId: 'ann@acme.example',
               trackPageViews: false, trackUnload: false,
               onError: (problem) => problems.push(problem),
               ...args.settings });",
            json!({ "endpoint": endpoint, "source": source, "settings": settings }),
        )
        .await
    }

    /// Moves the mouse within the page, as a person does.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn move_mouse(&self) -> Result<()> {
        // Browsers report no move to the position where the mouse already is.
        static MOVES: AtomicU32 = AtomicU32::new(0);
        let step = f64::from(MOVES.fetch_add(1, Ordering::Relaxed) % 16);
        let to = PointerAction::MoveTo {
            duration: Some(Duration::ZERO),
            x: 20.0 + 7.0 * step,
            y: 20.0 + 3.0 * step,
        };
        let mouse = MouseActions::new("mouse".to_owned()).then(to);
        self.browser.client().perform_actions(mouse).await?;
        Ok(())
    }

    /// Flushes `window._na` until nothing is pending, and returns its counters.
    ///
    /// # Errors
    /// When something stays pending.
    pub async fn deliver(&self) -> Result<Value> {
        wait::until("the tracker to have nothing pending", async || {
            let stats: Value = self
                .run("await _na.flush(); return _na.stats();", Value::Null)
                .await?;
            Ok((stats["pending"] == 0).then_some(stats))
        })
        .await
    }

    /// Lets this much time pass, by the page's own clock.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn let_pass(&self, ms: u32) -> Result<()> {
        self.act(
            "const end = performance.now() + args;
             while (performance.now() < end) await new Promise((go) => setTimeout(go, end - performance.now()));",
            json!(ms),
        )
        .await
    }

    /// Waits until `expression` is true in the page.
    ///
    /// # Errors
    /// When it throws or stays false.
    pub async fn until(&self, expression: &str) -> Result<()> {
        wait::until_true(&format!("`{expression}` in the page"), async || {
            let answer: Result<Value> = self
                .run(&format!("return Boolean({expression});"), Value::Null)
                .await;
            match answer {
                Ok(value) => Ok(value == json!(true)),
                Err(error) if error.to_string().starts_with("the page threw") => Err(error),
                // A navigation interrupted the evaluation, and will be over soon.
                Err(_) => Ok(false),
            }
        })
        .await
    }

    /// The errors in the page so far.
    ///
    /// # Errors
    /// When the page does not load `watch.js`.
    pub async fn trouble(&self) -> Result<Trouble> {
        self.run("return window.trouble;", Value::Null).await
    }

    /// Asserts that nothing at all went wrong in the page.
    ///
    /// # Errors
    /// With everything that went wrong.
    pub async fn is_untroubled(&self) -> Result<()> {
        let trouble = self.trouble().await?;
        ensure!(
            trouble == Trouble::default(),
            "the page is troubled: {trouble:#?}"
        );
        Ok(())
    }

    /// Asserts that the host page was not affected: no uncaught error and no unhandled
    /// rejection. Returns the output of `console.error`.
    ///
    /// # Errors
    /// With the errors and rejections.
    pub async fn is_unharmed(&self) -> Result<Vec<String>> {
        let trouble = self.trouble().await?;
        ensure!(
            trouble.errors.is_empty() && trouble.rejections.is_empty(),
            "the page was harmed: {trouble:#?}"
        );
        Ok(trouble.console)
    }
}
