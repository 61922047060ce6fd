//! Takes pictures of every view of the dashboard in every look, for people to check. `cargo
//! xtask screenshots` builds what it needs and starts it.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use natero_e2e::browser::Look;
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;
use natero_e2e::views::VIEWS;

/// Takes a picture of every view of the dashboard.
#[derive(Parser)]
struct Args {
    /// The folder for the pictures, which is made if need be.
    folder: PathBuf,
    /// Only views with this in their name.
    #[arg(default_value = "")]
    only: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    fs::create_dir_all(&args.folder)?;
    let stage = Stage::default();
    let browser = stage.browser().await?;
    let dashboard = Dashboard::start(&stage).await?;
    for look in Look::ALL {
        browser.look(look).await?;
        browser
            .screenshot_whole(&args.folder.join(format!("sign-in-{}.png", look.name())))
            .await?;
    }
    browser.look(Look::Light).await?;
    dashboard.enter().await?;
    for (name, path, _) in VIEWS {
        if !name.contains(&args.only) {
            continue;
        }
        dashboard.goto(path).await?;
        for look in Look::ALL {
            browser.look(look).await?;
            let file = args.folder.join(format!("{name}-{}.png", look.name()));
            browser.screenshot_whole(&file).await?;
        }
        browser.look(Look::Light).await?;
    }
    println!("the pictures are in {}", args.folder.display());
    Ok(())
}
