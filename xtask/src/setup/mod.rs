//! Finds or installs what the tasks need on a machine, or names the commands that install it.
//!
//! Every function here returns at once if the requirement is met. Otherwise it prints what it
//! does and how long that may take. It is safe to call it again after an interruption.

pub mod browsers;
pub mod cargo_tools;
pub mod chdb;
pub mod debian;
pub mod npm;
pub mod rust;
mod wasm_std;

use anyhow::{Result, bail};

use browsers::Kind;

/// `cargo xtask setup [firefox] [webkit]`
pub fn task(args: &[&str]) -> Result<()> {
    if let Some(unknown) = args.iter().find(|arg| !["firefox", "webkit"].contains(arg)) {
        bail!("setup knows the sets `firefox` and `webkit`, not `{unknown}`");
    }
    let rust = rust::wasm()?;
    println!("wasm32 target   {}", rust.describe()?);
    println!("rustfmt, clippy {}", rust::lints(&rust)?);
    println!("wasm-bindgen    {}", cargo_tools::wasm_bindgen()?.display());
    println!("wasm-pack       {}", cargo_tools::wasm_pack()?.display());
    println!("cargo-deny      {}", cargo_tools::cargo_deny()?.display());
    println!("cargo-fuzz      {}", cargo_tools::cargo_fuzz()?.display());
    println!("mdbook          {}", cargo_tools::mdbook()?.display());
    println!("npm tools       {}", npm::tools()?.display());
    println!("Chromium        {}", browsers::ensure(Kind::Chromium)?);
    if args.contains(&"firefox") {
        println!("Firefox         {}", browsers::ensure(Kind::Firefox)?);
    }
    if args.contains(&"webkit") {
        println!("WebKitGTK       {}", browsers::ensure(Kind::Webkit)?);
    }
    Ok(())
}

/// Prints on standard error what is about to happen.
fn say(what: &str) {
    eprintln!("setup: {what}");
}
