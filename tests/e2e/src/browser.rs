//! A browser that is controlled through WebDriver. It is started for one session, and
//! everything it wrote is deleted when it is dropped.

mod chromium;
mod driver;
mod kind;
mod look;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use fantoccini::wd::{TimeoutConfiguration, WindowHandle};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;
use tempfile::TempDir;

use crate::page::Page;
use crate::site::Site;
use crate::wait;

use driver::Driver;
pub use kind::BrowserKind;
use kind::Scheme;
pub use look::Look;

/// How long a browser may take to start. No machine has needed this long so far.
const START_LIMIT: Duration = Duration::from_secs(35);

/// How often a browser is started before the tests that need it fail.
const ATTEMPTS: u32 = 3;

/// One browser session. Dropping it ends the session, the driver and the
/// browser, and deletes the profile.
pub struct Browser {
    client: Client,
    kind: BrowserKind,
    // Fields are dropped in order: the driver ends the browser before its profile is
    // deleted.
    _driver: Driver,
    _profile: TempDir,
}

impl Browser {
    /// Starts the browser that `NATERO_BROWSER` names (`chromium`, `firefox` or `webkit`;
    /// Chromium when unset), headless.
    ///
    /// # Errors
    /// When the browser or its driver is missing or does not start. The message names the
    /// environment variable that sets its path.
    pub async fn start() -> Result<Self> {
        Self::start_kind(BrowserKind::from_env()?).await
    }

    /// [`Browser::start`], with the dark colour scheme requested for pages.
    ///
    /// # Errors
    /// As [`Browser::start`].
    pub async fn start_dark() -> Result<Self> {
        Self::start_with(BrowserKind::from_env()?, Scheme::Dark, "").await
    }

    /// Starts a browser of this kind, headless.
    ///
    /// # Errors
    /// As [`Browser::start`].
    pub async fn start_kind(kind: BrowserKind) -> Result<Self> {
        Self::start_with(kind, Scheme::Light, "").await
    }

    /// Starts Chromium with flags for V8, in V8's own notation.
    ///
    /// # Errors
    /// As [`Browser::start`].
    pub async fn start_chromium(flags: &str) -> Result<Self> {
        Self::start_with(BrowserKind::Chromium, Scheme::Light, flags).await
    }

    async fn start_with(kind: BrowserKind, scheme: Scheme, flags: &str) -> Result<Self> {
        let mut attempt = 1;
        loop {
            let started = tokio::time::timeout(START_LIMIT, Self::try_start(kind, scheme, flags));
            let started = started.await.unwrap_or_else(|_| {
                bail!("no session after {} s", START_LIMIT.as_secs());
            });
            match started {
                // Another program may take the driver's port first, and a cold machine may
                // be slower than the driver waits.
                Err(error) if attempt < ATTEMPTS => {
                    eprintln!("{kind:?} did not start, and is started again: {error:#}");
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn try_start(kind: BrowserKind, scheme: Scheme, flags: &str) -> Result<Self> {
        let profile = TempDir::with_prefix("natero-browser-")?;
        let mut driver = Driver::start(kind, profile.path()).await?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(kind.capabilities(profile.path(), scheme, flags)?)
            .connect(&driver.url())
            .await
            .with_context(|| {
                format!("{} opened no session: {}", kind.driver(), driver.log_tail())
            })?;
        if let Some(session) = client.session_id().await? {
            driver.owns_session(session);
        }
        client
            .update_timeouts(TimeoutConfiguration::new(
                Some(wait::PATIENCE),
                Some(wait::PATIENCE),
                None,
            ))
            .await?;
        if kind == BrowserKind::Webkit {
            // The other browsers get the size by an argument.
            client.set_window_rect(0, 0, 1280, 800).await?;
        }
        let browser = Self {
            client,
            kind,
            _driver: driver,
            _profile: profile,
        };
        // The session may exist before its window does, and in a page that is not visible no
        // time counts.
        Page::new(&browser)
            .until("document.visibilityState === 'visible'")
            .await?;
        Ok(browser)
    }

    /// Which browser this is.
    #[must_use]
    pub fn kind(&self) -> BrowserKind {
        self.kind
    }

    /// The WebDriver session itself, for operations that this harness does not wrap.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Closes all windows but one, because a failed test may leave some open.
    async fn one_window(&self) -> Result<()> {
        let mut windows = self.client.windows().await?;
        let last = windows.pop().context("the browser has no window left")?;
        for window in windows {
            self.client.switch_to_window(window).await?;
            self.client.close_window().await?;
        }
        self.client.switch_to_window(last).await?;
        Ok(())
    }

    /// Hides the page in front, as by minimising the window, and waits until the page has
    /// noticed.
    ///
    /// # Errors
    /// When the page stays visible.
    pub async fn hide(&self) -> Result<()> {
        self.client.minimize_window().await?;
        Page::new(self)
            .until("document.visibilityState === 'hidden'")
            .await
    }

    /// Shows the page in front again, and waits until the page has noticed.
    ///
    /// # Errors
    /// When the page stays hidden.
    pub async fn show(&self) -> Result<()> {
        self.client.set_window_rect(0, 0, 1280, 800).await?;
        Page::new(self)
            .until("document.visibilityState === 'visible'")
            .await
    }

    /// Changes the appearance of pages. Only Chromium supports this. [`Look::Light`] is the
    /// initial look.
    ///
    /// # Errors
    /// In other browsers.
    pub async fn look(&self, look: Look) -> Result<()> {
        for (command, params) in look.commands() {
            self.devtools(command, &params).await?;
        }
        Ok(())
    }

    /// Enables or disables scripts of pages. Only Chromium supports this. Scripts of the
    /// driver always run.
    ///
    /// # Errors
    /// In other browsers.
    pub async fn let_scripts_run(&self, do_run: bool) -> Result<()> {
        let params = serde_json::json!({ "value": !do_run });
        self.devtools("Emulation.setScriptExecutionDisabled", &params)
            .await?;
        Ok(())
    }

    /// Makes the window as narrow as the browser allows: the width of a phone, or slightly
    /// more. [`Browser::show`] makes it wide again.
    ///
    /// # Errors
    /// When it stays wide.
    pub async fn narrow(&self) -> Result<()> {
        self.client.set_window_rect(0, 0, 360, 780).await?;
        Ok(())
    }

    /// Opens `path` of `site` without cookies of earlier pages. Web storage does not have to
    /// be cleared, because every site has its own origin.
    ///
    /// # Errors
    /// When the browser cannot load the page.
    pub async fn open<'a>(&'a self, site: &Site, path: &str) -> Result<Page<'a>> {
        self.one_window().await?;
        // Cookies do not depend on the port, so those of earlier sites are visible here.
        // WebDriver deletes only cookies of the current document.
        self.client.goto(&site.url("/blank.html")).await?;
        self.client.delete_all_cookies().await?;
        self.client.goto(&site.url(path)).await?;
        Ok(Page::new(self))
    }

    /// Opens an address without cookies of earlier pages.
    ///
    /// # Errors
    /// When the browser cannot load the page.
    pub async fn goto_without_cookies(&self, url: &str) -> Result<()> {
        self.one_window().await?;
        self.client.goto(url).await?;
        self.client.delete_all_cookies().await?;
        self.client.goto(url).await?;
        Ok(())
    }

    /// Takes pages offline, or online again. Only Chromium's driver supports this.
    ///
    /// # Errors
    /// When the driver does not support it.
    pub async fn set_offline(&self, offline: bool) -> Result<()> {
        self.client
            .issue_cmd(chromium::Command::offline(offline))
            .await?;
        Ok(())
    }

    /// Sends a command of Chromium's DevTools protocol to the page in front, and returns the
    /// answer.
    ///
    /// # Errors
    /// When the command fails, and in other browsers.
    pub async fn devtools(&self, command: &str, params: &Value) -> Result<Value> {
        self.client
            .issue_cmd(chromium::Command::devtools(command, params))
            .await
            .with_context(|| format!("DevTools command {command}"))
    }

    /// Kills the renderer of the page in front. Only Chromium has an address for that.
    pub(crate) async fn crash(&self) {
        // A crashed page does not answer.
        let _ = self.client.goto("chrome://crash").await;
    }

    /// Closes a window whose renderer is dead, from the window in front, because it is
    /// impossible to switch to a dead one.
    pub(crate) async fn bury(&self, dead: &WindowHandle) -> Result<()> {
        self.client
            .issue_cmd(chromium::Command::close(&String::from(dead.clone())))
            .await?;
        wait::until_true("the dead window to close", async || {
            let windows = self.client.windows().await?;
            Ok(!windows.contains(dead))
        })
        .await
    }

    /// Writes the whole page, whatever its length, to a PNG file. Only Chromium supports
    /// this.
    ///
    /// # Errors
    /// In other browsers, and when the file cannot be written.
    pub async fn screenshot_whole(&self, file: &Path) -> Result<()> {
        let params = serde_json::json!({ "captureBeyondViewport": true });
        let shot = self.devtools("Page.captureScreenshot", &params).await?;
        let data = shot["data"].as_str().context("a picture")?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(data)?;
        std::fs::write(file, bytes).with_context(|| format!("write {}", file.display()))
    }

    /// Writes the visible part of the window to a PNG file.
    ///
    /// # Errors
    /// When the browser returns no picture or the file cannot be written.
    pub async fn screenshot(&self, file: &Path) -> Result<()> {
        std::fs::write(file, self.client.screenshot().await?)
            .with_context(|| format!("write {}", file.display()))
    }
}
