//! Several tabs and windows of one browser.

use anyhow::Result;
use fantoccini::wd::WindowHandle;

use crate::browser::{Browser, BrowserKind};
use crate::page::Page;

/// A tab or window. The driver talks to one at a time: [`Tab::front`] before
/// anything is done in it.
pub struct Tab<'a> {
    browser: &'a Browser,
    handle: WindowHandle,
}

impl<'a> Tab<'a> {
    /// The one the driver talks to.
    ///
    /// # Errors
    /// When there is none.
    pub async fn current(browser: &'a Browser) -> Result<Self> {
        Ok(Self {
            browser,
            handle: browser.client().window().await?,
        })
    }

    /// Opens a tab beside the current one, and brings it to the front.
    ///
    /// # Errors
    /// When the browser opens none.
    pub async fn open(browser: &'a Browser) -> Result<Self> {
        Self::new(browser, true).await
    }

    /// Opens what can be used by turns with the current one: a tab, or a window where the
    /// driver gives input to the tab alone that was there first.
    ///
    /// # Errors
    /// When the browser opens none.
    pub async fn open_for_use(browser: &'a Browser) -> Result<Self> {
        match browser.kind() {
            BrowserKind::Chromium | BrowserKind::Firefox => Self::open(browser).await,
            BrowserKind::Webkit => Self::open_window(browser).await,
        }
    }

    /// Opens a window beside the current one, and brings it to the front.
    ///
    /// # Errors
    /// When the browser opens none.
    pub async fn open_window(browser: &'a Browser) -> Result<Self> {
        Self::new(browser, false).await
    }

    async fn new(browser: &'a Browser, as_tab: bool) -> Result<Self> {
        let handle = browser.client().new_window(as_tab).await?.handle;
        let tab = Self { browser, handle };
        tab.front().await?;
        Ok(tab)
    }

    /// Brings it to the front, and returns the page in it.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn front(&self) -> Result<Page<'a>> {
        let client = self.browser.client();
        client.switch_to_window(self.handle.clone()).await?;
        Ok(Page::new(self.browser))
    }

    /// Loads an address in it, in front.
    ///
    /// # Errors
    /// When the browser cannot load it.
    pub async fn goto(&self, url: &str) -> Result<Page<'a>> {
        let page = self.front().await?;
        self.browser.client().goto(url).await?;
        Ok(page)
    }

    /// Closes it, and returns to `next`.
    ///
    /// # Errors
    /// When one of the two is gone already.
    pub async fn close(self, next: &Tab<'a>) -> Result<Page<'a>> {
        self.front().await?;
        self.browser.client().close_window().await?;
        next.front().await
    }

    /// Kills its renderer, and goes on in `next`. Chromium only.
    ///
    /// # Errors
    /// When the driver does not come away from it.
    pub async fn crash(self, next: &Tab<'a>) -> Result<Page<'a>> {
        self.front().await?;
        self.browser.crash().await;
        self.bury(next).await
    }

    /// Removes what is left of it once its renderer is dead, and goes on in
    /// `next`. Chromium only.
    ///
    /// # Errors
    /// When it does not go away.
    pub async fn bury(self, next: &Tab<'a>) -> Result<Page<'a>> {
        let page = next.front().await?;
        self.browser.bury(&self.handle).await?;
        Ok(page)
    }
}
