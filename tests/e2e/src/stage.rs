//! What the tests of one file share, because it is slow to make.

use anyhow::Result;
use tokio::sync::OnceCell;

use crate::browser::Browser;
use crate::package::Package;
use crate::page::Page;
use crate::site::Site;

/// A browser session and the installed package, each made when first asked for.
#[derive(Default)]
pub struct Stage {
    browser: OnceCell<Browser>,
    package: OnceCell<Package>,
}

impl Stage {
    /// The browser, started at the first call.
    ///
    /// # Errors
    /// As [`Browser::start`].
    pub async fn browser(&self) -> Result<&Browser> {
        self.browser.get_or_try_init(Browser::start).await
    }

    /// The package, installed at the first call.
    ///
    /// # Errors
    /// As [`Package::install`].
    pub async fn package(&self) -> Result<&Package> {
        self.package.get_or_try_init(Package::install).await
    }

    /// A site of its own for a test: the harness's pages at `/`, the installed
    /// package at `/pkg/`.
    ///
    /// # Errors
    /// When the package cannot be installed or no port is free.
    pub async fn site(&self) -> Result<Site> {
        Site::start(&[("/pkg", self.package().await?.path()), ("", Site::pages())]).await
    }

    /// Opens a page of `site` in the shared browser.
    ///
    /// # Errors
    /// When the browser does not start or cannot load the page.
    pub async fn open(&self, site: &Site, path: &str) -> Result<Page<'_>> {
        self.browser().await?.open(site, path).await
    }
}
