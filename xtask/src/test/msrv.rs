//! Checks that everything compiles with exactly the compiler version in `rust-version` of
//! Cargo.toml, and with the locked dependencies; and that the tracker compiles with the oldest
//! wasm-bindgen that it takes.

use anyhow::Result;

use super::Bench;
use super::count::Count;
use crate::command::succeeds;
use crate::setup::{debian, rust};
use crate::workspace::{root, target};

pub fn suite(_: &Bench) -> Result<Count> {
    debian::cpp_compiler()?;
    let oldest = rust::oldest()?;
    println!("with {}", oldest.compiler()?);
    let mut cargo = oldest.command("cargo");
    cargo
        .current_dir(root())
        .args(["check", "--workspace", "--all-targets", "--locked"]);
    let mut count = Count::one(succeeds(&mut cargo)?);

    if !oldest.builds_for_wasm() {
        println!("the tracker in a browser skipped: this compiler has no std for wasm32");
        count.add(Count::skipped());
        return Ok(count);
    }
    let mut cargo = oldest.command("cargo");
    cargo
        .current_dir(root())
        .args([
            "check",
            "--package",
            "natero-wasm",
            "--all-features",
            "--locked",
        ])
        .args(["--target", rust::TARGET])
        .arg("--target-dir")
        .arg(target().join("wasm-test"));
    count.add(Count::one(succeeds(&mut cargo)?));

    let mut cargo = oldest.command("cargo");
    cargo
        .current_dir(root().join("tests/oldest"))
        .args(["check", "--locked", "--target", rust::TARGET])
        .arg("--target-dir")
        .arg(target().join("oldest"));
    count.add(Count::one(succeeds(&mut cargo)?));
    Ok(count)
}
