//! Bundles TypeScript and glue into the scripts of the package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::common;
use super::handed;
use super::names::{self, Names};
use super::pack;
use super::script::Script;
use super::source_map;
use crate::command::run;
use crate::workspace::{read, root, target, version};

/// Options chosen by the size of the result after gzip -9.
pub(super) const TERSER: &str =
    "passes=4,ecma=2022,toplevel,unsafe_arrows,unsafe_proto,inline=1,hoist_funs";

/// The comments to keep: they make webpack leave an import to the browser.
const COMMENTS: &str = "/webpackIgnore/";

/// Parts of the package other than the tracker, each in a folder of `js/`. They contain none
/// of the code that loads the tracker, and are not loaded with the tracker.
pub const WRAPPERS: [&str; 5] = ["declarative", "inspector", "react", "testing", "vue"];

/// Packages that are not bundled, because anybody who uses a wrapper has them.
pub const PEERS: [&str; 3] = ["react", "vue", "natero-wasm"];

/// The file that trackers load when the inspector is requested.
const INSPECTOR: &str = "./inspector.js";

/// One script of the package.
struct Bundle<'a> {
    /// The path below `js/`.
    source: &'a str,
    /// The path below `pkg/`.
    file: &'a str,
    format: Format,
    /// The imports that are not bundled.
    external: &'a [&'a str],
    /// A directive at the start of the file.
    directive: &'a str,
}

/// The format into which a bundled module is converted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Module,
    /// For `require`.
    Common,
    /// For a script tag: nothing becomes global except what the script sets itself.
    Classic,
}

const fn of<'a>(source: &'a str, file: &'a str, format: Format) -> Bundle<'a> {
    Bundle {
        source,
        file,
        format,
        external: &[],
        directive: "",
    }
}

/// The host, a separate chunk.
const HOST: Bundle = Bundle {
    external: &["./ladder.js"],
    ..of("load-host.ts", "host.js", Format::Module)
};

/// The entry. It loads the host and passes it the modules that both use. If these were a
/// third chunk, the entry would also have to load the host's part of them.
const ENTRY: Bundle = Bundle {
    external: &["./host.js"],
    ..of("index.ts", "index.js", Format::Module)
};

/// The other scripts of the tracker.
const TRACKER: [Bundle; 5] = [
    Bundle {
        external: &["./wasm-inside.js", "./host-script.js"],
        ..of("ladder.ts", "ladder.js", Format::Module)
    },
    of("wasm-inside.ts", "wasm-inside.js", Format::Module),
    Bundle {
        external: &["./host-script.js"],
        ..of("inline.ts", "inline.js", Format::Module)
    },
    Bundle {
        external: &["./host-script.js"],
        ..of("inline.ts", "inline.cjs", Format::Common)
    },
    Bundle {
        external: &["./host-script.js"],
        ..of("global.ts", "natero.global.js", Format::Classic)
    },
];

/// Bundles what pages load.
///
/// # Errors
/// When a tool fails.
pub fn bundle(
    npm: &Path,
    wasm: &Path,
    script: Option<&Script>,
    id: &str,
    pkg: &Path,
) -> Result<()> {
    let inside = target().join("wasm-inside.js");
    fs::write(&inside, pack::module(&fs::read(wasm)?))?;
    let core = root().join("js/generated/core.js");
    let within = [("#wasm", inside.as_path()), ("#core", core.as_path())];
    let names = names::names()?;
    let make = |bundle: &Bundle, within: &[(&str, &Path)], names: Option<&Names>| {
        let file = pkg.join(bundle.file);
        compile(npm, id, &file, within, bundle, names, &[])?;
        shrink(npm, &file)?;
        finish(&file, bundle)
    };
    let handed = make_host(npm, id, pkg, &within, &names)?;
    make(&ENTRY, &[("#handed", &*handed)], Some(&names))?;
    for tracker in &TRACKER {
        make(tracker, &within, Some(&names))?;
    }
    if let Some(script) = script {
        let host = of("host-script.ts", "host-script.js", Format::Module);
        let core = [("#core-script", &*script.core), ("#core", &*script.glue)];
        make(&host, &core, Some(&names))?;
    }
    for name in WRAPPERS {
        let source = format!("{name}/index.ts");
        for (end, format) in [("js", Format::Module), ("cjs", Format::Common)] {
            let file = format!("{name}.{end}");
            let wrapper = Bundle {
                external: &PEERS,
                // Tells frameworks that render on a server which code runs in the browser.
                directive: if name == "react" {
                    "\"use client\";"
                } else {
                    ""
                },
                ..of(&source, &file, format)
            };
            // The inspector reads internals of the trackers in the other scripts, so it
            // needs the same short names.
            let names = (name == "inspector").then_some(&names);
            make(&wrapper, &within, names)?;
        }
    }
    Ok(())
}

/// Builds the host. Returns the path of the module with the parts that the entry passes to
/// it.
fn make_host(
    npm: &Path,
    id: &str,
    pkg: &Path,
    within: &[(&str, &Path)],
    names: &Names,
) -> Result<PathBuf> {
    let file = pkg.join(HOST.file);
    let handed = handed::externals();
    compile(npm, id, &file, within, &HOST, Some(names), &handed)?;
    let host = handed::host(&read(&file)?, id)?;
    fs::write(&file, &host.code)?;
    shrink(npm, &file)?;
    finish(&file, &HOST)?;
    handed::module(&host)
}

/// Bundles one script. `within` maps generated imports to their files.
fn compile(
    npm: &Path,
    id: &str,
    file: &Path,
    within: &[(&str, &Path)],
    bundle: &Bundle,
    names: Option<&Names>,
    handed: &[String],
) -> Result<()> {
    let meta = target().join(format!("{}.meta.json", bundle.file));
    let mut esbuild = Command::new(npm.join("esbuild"));
    esbuild
        .current_dir(root())
        .arg(format!("js/{}", bundle.source))
        .args([
            "--bundle",
            "--format=esm",
            "--minify",
            // Terser removes white space; esbuild would also remove the comments that must
            // stay.
            "--minify-whitespace=false",
            "--target=es2022",
            "--log-level=warning",
            "--legal-comments=none",
            "--sourcemap=external",
        ])
        .arg(format!("--define:NATERO_BUILD=\"{id}\""));
    for (name, file) in within {
        esbuild.arg(format!("--alias:{name}={}", file.display()));
    }
    let external = bundle.external.iter().copied();
    for name in external
        .chain(handed.iter().map(String::as_str))
        .chain([INSPECTOR])
    {
        esbuild.arg(format!("--external:{name}"));
    }
    if let Some(Names { pattern, cache }) = names {
        esbuild
            .arg(format!("--mangle-props={pattern}"))
            .arg(format!("--mangle-cache={}", cache.display()));
    }
    esbuild
        .arg(format!("--metafile={}", meta.display()))
        .arg(format!("--outfile={}", file.display()));
    run(&mut esbuild)
}

/// Terser saves another 3 % of what esbuild has minified. It writes ASCII alone: a classic script
/// is read in the encoding of its page, which need not be UTF-8.
fn shrink(npm: &Path, file: &Path) -> Result<()> {
    let map = source_map::beside(file);
    run(Command::new(npm.join("terser"))
        .arg(file)
        .args(["--compress", TERSER, "--mangle", "toplevel"])
        .args(["--module", "--ecma", "2022"])
        .args(["--format", "ascii_only=true"])
        .args(["--comments", COMMENTS, "--output"])
        .arg(file)
        .arg("--source-map")
        .arg(format!("content='{}'", map.display())))
}

/// Adds the banner and the address of the source map.
///
/// Scripts that every page loads omit some of that: each line there costs every user, and
/// debuggers can be told where to find a source map.
fn finish(file: &Path, bundle: &Bundle) -> Result<()> {
    let mut text = read(file)?.trim_end().to_owned();
    let map = source_map::beside(file);
    let mut before = String::new();
    if !PARTS.contains(&bundle.file) {
        before = banner()? + "\n";
    }
    if !bundle.directive.is_empty() {
        before += bundle.directive;
        before.push('\n');
    }
    match bundle.format {
        Format::Module => {}
        Format::Common => text = common::from_module(&text)?,
        Format::Classic => {
            before += "(()=>{\n";
            text += "})();";
        }
    }
    source_map::finish(&map, before.lines().count())?;
    if !PARTS.contains(&bundle.file) && !WHOLES.contains(&bundle.file) {
        let name = map.file_name().context("a map without a name")?.display();
        text += &format!("\n//# sourceMappingURL={name}\n");
    }
    fs::write(file, before + &text).with_context(|| format!("cannot write {}", file.display()))
}

/// Scripts that are bundled by pages or loaded as parts: they have no banner.
pub const PARTS: [&str; 2] = ["index.js", "host.js"];

/// Scripts that are loaded as a whole: they do not refer to their source map either.
const WHOLES: [&str; 2] = ["inline.js", "natero.global.js"];

/// The version and the licence, in a comment that minifiers keep.
///
/// # Errors
/// When Cargo.toml has no version.
pub fn banner() -> Result<String> {
    Ok(format!(
        "/*! natero-wasm {} | MIT OR Apache-2.0 */",
        version()?
    ))
}
