//! The samples of the guides for front ends in Rust.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::count::Count;
use super::samples;
use crate::build;
use crate::command::succeeds;
use crate::setup::rust;
use crate::workspace::{read, root, target};

/// Compiles the samples of a guide as one app, with the dependencies of its example, which are
/// compiled already.
///
/// # Errors
/// When a file is missing, or the compiler cannot be started.
pub fn compile(name: &str) -> Result<Count> {
    let app = target().join("guides").join(name);
    fs::create_dir_all(app.join("src"))
        .with_context(|| format!("cannot make {}", app.display()))?;
    let example = root().join("examples").join(name);
    for file in ["Cargo.toml", "Cargo.lock"] {
        let text = renamed(&read(&example.join(file))?, name, &root());
        fs::write(app.join(file), text)?;
    }
    let guide = format!("docs/guides/{name}.md");
    let text = read(&root().join(&guide))?;
    let samples = samples::of(&text, "rust");
    ensure!(!samples.is_empty(), "{guide} has no sample in Rust");
    let mut code = "#![allow(dead_code)]\n\n".to_owned();
    for (_, sample) in samples {
        code.push_str(sample);
        code.push('\n');
    }
    code.push_str("fn main() {}\n");
    fs::write(app.join("src/main.rs"), code)?;
    println!("the samples of {guide}");
    let mut cargo = build::cargo_of_example(&rust::wasm()?, &app);
    Ok(Count::one(succeeds(&mut cargo)?))
}

/// The manifest or lock file of an example, for an app elsewhere with another name.
fn renamed(text: &str, name: &str, root: &Path) -> String {
    let path = format!("path = {:?}", root.display().to_string());
    text.replace(
        &format!("natero-example-{name}"),
        &format!("natero-guide-{name}"),
    )
    .replace("path = \"../..\"", &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_of_a_guide_finds_the_tracker_from_where_it_is() {
        let manifest = "name = \"natero-example-yew\"\nnatero-wasm = { path = \"../..\" }\n";
        assert_eq!(
            renamed(manifest, "yew", Path::new("/work")),
            "name = \"natero-guide-yew\"\nnatero-wasm = { path = \"/work\" }\n"
        );
    }
}
