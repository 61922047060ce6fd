//! The collector's dashboard in a browser.

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use fantoccini::elements::Element;
use fantoccini::key::Key;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::browser::Browser;
use crate::collector::Collector;
use crate::front::Front;
use crate::page::Trouble;
use crate::stage::Stage;
use crate::wait;

/// A collector with a company's data, and a browser that shows its dashboard.
pub struct Dashboard<'a> {
    browser: &'a Browser,
    collector: &'a Collector,
    front: Front,
}

impl<'a> Dashboard<'a> {
    /// Opens the sign-in form of the stage's company in the stage's browser.
    ///
    /// # Errors
    /// When one of them does not start.
    pub async fn start(stage: &'a Stage) -> Result<Self> {
        Self::start_in(stage.browser().await?, stage).await
    }

    /// [`Dashboard::start`], in another browser.
    ///
    /// # Errors
    /// As [`Dashboard::start`].
    pub async fn start_in(browser: &'a Browser, stage: &'a Stage) -> Result<Self> {
        let collector = stage.company().await?;
        let front = Front::before(collector.url()).await?;
        let dashboard = Self {
            browser,
            collector,
            front,
        };
        browser
            .goto_without_cookies(&dashboard.front.url("/"))
            .await?;
        Ok(dashboard)
    }

    /// [`Dashboard::start`], and signs in.
    ///
    /// # Errors
    /// As [`Dashboard::start`], and when the key is not accepted.
    pub async fn signed_in(stage: &'a Stage) -> Result<Self> {
        let dashboard = Self::start(stage).await?;
        dashboard.enter().await?;
        Ok(dashboard)
    }

    /// Signs in with the right key.
    ///
    /// # Errors
    /// When the key is not accepted.
    pub async fn enter(&self) -> Result<()> {
        self.sign_in(self.collector.account_key()).await?;
        self.until("document.querySelector('#tree')").await
    }

    /// Fills in the form with this key and presses Enter.
    ///
    /// # Errors
    /// When there is no form.
    pub async fn sign_in(&self, key: &str) -> Result<()> {
        let field = self.find("#key").await?;
        field.clear().await?;
        field.send_keys(key).await?;
        field.send_keys(&Key::Enter.to_string()).await?;
        Ok(())
    }

    /// The collector behind it.
    #[must_use]
    pub fn collector(&self) -> &Collector {
        self.collector
    }

    /// The proxy in front of it.
    #[must_use]
    pub fn front(&self) -> &Front {
        &self.front
    }

    /// Opens a page of the dashboard.
    ///
    /// # Errors
    /// When it does not load.
    pub async fn goto(&self, path: &str) -> Result<()> {
        self.browser.client().goto(&self.front.url(path)).await?;
        Ok(())
    }

    /// The first element that a selector matches, as soon as there is one.
    ///
    /// # Errors
    /// When no element appears.
    pub async fn find(&self, selector: &str) -> Result<Element> {
        let waiting = self.browser.client().wait().at_most(wait::PATIENCE);
        let found = waiting.for_element(Locator::Css(selector)).await;
        found.with_context(|| format!("the page has no {selector}"))
    }

    /// Clicks the first element that a selector matches.
    ///
    /// # Errors
    /// When no element appears, or it cannot be clicked.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let element = self.find(selector).await?;
        // WebKit's driver scrolls an element to the edge, where a fixed part of the page may
        // cover it.
        self.run::<Value>(&format!(
            "document.querySelector({selector:?}).scrollIntoView({{ block: 'center' }});"
        ))
        .await?;
        let clicked = element.click().await;
        clicked.with_context(|| format!("click {selector}"))
    }

    /// Presses a key on the focused element.
    ///
    /// # Errors
    /// When the browser does not accept it.
    pub async fn press(&self, key: Key) -> Result<()> {
        let focused = self.browser.client().active_element().await?;
        focused.send_keys(&key.to_string()).await?;
        Ok(())
    }

    /// Runs a script and returns its result. The script runs as one of the driver's own: the
    /// content security policy of the pages forbids what [`Page::run`] does.
    ///
    /// [`Page::run`]: crate::page::Page::run
    ///
    /// # Errors
    /// When it throws or returns another shape.
    pub async fn run<T: DeserializeOwned>(&self, body: &str) -> Result<T> {
        let value = self.browser.client().execute(body, Vec::new()).await?;
        serde_json::from_value(value).with_context(|| format!("unexpected shape from: {body}"))
    }

    /// Runs a script that passes its result to its last argument, a callback.
    ///
    /// # Errors
    /// When it throws, takes too long or returns another shape.
    pub async fn run_async<T: DeserializeOwned>(&self, body: &str) -> Result<T> {
        let value = self
            .browser
            .client()
            .execute_async(body, Vec::new())
            .await?;
        serde_json::from_value(value).with_context(|| format!("unexpected shape from: {body}"))
    }

    /// The text of the first element that a selector matches, with its line breaks as
    /// displayed.
    ///
    /// # Errors
    /// When no element appears.
    pub async fn text(&self, selector: &str) -> Result<String> {
        self.find(selector).await?;
        // The text from WebKit's driver has no line breaks.
        let script = format!("return document.querySelector({selector:?}).innerText;");
        let text: String = self.run(&script).await?;
        let lines: Vec<_> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        Ok(lines.join("\n").replace('\u{a0}', " "))
    }

    /// Waits until the page is loaded and an expression is true in it.
    ///
    /// # Errors
    /// When it stays false.
    pub async fn until(&self, expression: &str) -> Result<()> {
        wait::until_true(&format!("`{expression}` in the page"), async || {
            // An error may come from a navigation that interrupted the evaluation. If it
            // persists, the wait fails in any case.
            let answer: Result<Value> = self
                .run(&format!(
                    "return document.readyState === 'complete' && Boolean({expression});"
                ))
                .await;
            Ok(answer.is_ok_and(|value| value == true))
        })
        .await
    }

    /// Asserts that nothing went wrong in the page, and that no page so far violated its
    /// content security policy or loaded anything from another host.
    ///
    /// # Errors
    /// With everything that went wrong.
    pub async fn is_clean(&self) -> Result<()> {
        let trouble: Trouble = self.run("return window.trouble;").await?;
        ensure!(trouble == Trouble::default(), "{trouble:#?}");
        let loaded: Vec<String> = self
            .run("return performance.getEntriesByType('resource').map((entry) => entry.name);")
            .await?;
        let own = self.front.url("/");
        let strangers: Vec<_> = loaded.iter().filter(|url| !url.starts_with(&own)).collect();
        ensure!(strangers.is_empty(), "loaded {strangers:?}");
        let reports = self.front.reports();
        ensure!(reports.is_empty(), "broke the policy: {reports:#?}");
        Ok(())
    }
}
