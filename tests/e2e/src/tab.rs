//! Several tabs and windows of one browser.

use anyhow::Result;
use fantoccini::wd::WindowHandle;

use crate::browser::{Browser, BrowserKind};
use crate::page::Page;

/// A tab or window. The driver controls one at a time: call [`Tab::front`] before doing
/// anything in it.
pub struct Tab<'a> {
    browser: &'a Browser,
    handle: WindowHandle,
}

impl<'a> Tab<'a> {
    /// The tab that the driver currently controls.
    ///
    /// # Errors
    /// When there is none.
    pub async fn current(browser: &'a Browser) -> Result<Self> {
        Ok(Self {
            browser,
            handle: browser.client().window().await?,
        })
    }

    /// Opens a new tab, and brings it to the front.
    ///
    /// # Errors
    /// When the browser opens none.
    pub async fn open(browser: &'a Browser) -> Result<Self> {
        Self::new(browser, true).await
    }

    /// Opens something to be used alternately with the current tab: another tab, or a window
    /// if the driver gives input only to the first tab.
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

    /// Brings it to the front, and returns its page.
    ///
    /// # Errors
    /// When it is closed already.
    pub async fn front(&self) -> Result<Page<'a>> {
        let client = self.browser.client();
        client.switch_to_window(self.handle.clone()).await?;
        Ok(Page::new(self.browser))
    }

    /// Brings it to the front, and loads an address in it.
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
    /// When one of the two is closed already.
    pub async fn close(self, next: &Tab<'a>) -> Result<Page<'a>> {
        self.front().await?;
        self.browser.client().close_window().await?;
        next.front().await
    }

    /// Kills its renderer, and continues in `next`. Chromium only.
    ///
    /// # Errors
    /// When the driver cannot leave it.
    pub async fn crash(self, next: &Tab<'a>) -> Result<Page<'a>> {
        self.front().await?;
        self.browser.crash().await;
        self.bury(next).await
    }

    /// Closes it after its renderer was killed, and continues in `next`. Chromium only.
    ///
    /// # Errors
    /// When it does not close.
    pub async fn bury(self, next: &Tab<'a>) -> Result<Page<'a>> {
        let page = next.front().await?;
        self.browser.bury(&self.handle).await?;
        Ok(page)
    }
}
