//! The modules that the entry passes to the host, so that a page does not load them twice.
//!
//! Both scripts are bundled from these modules. The host gets what it uses of them as the
//! parameters of a function, which the entry calls. The names and their order are determined
//! from the imports that esbuild leaves in the host.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::workspace::{root, target};

/// The modules, below `js/`. Chosen by the gzip size of both scripts: the entry pays for each
/// name, and must stay within its budget.
pub const MODULES: [&str; 3] = ["arguments", "clock", "details"];

/// A name that a module exports.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    module: String,
    name: String,
}

/// The host, as a function.
pub struct Host {
    pub code: String,
    names: Vec<Name>,
}

/// Converts the bundle from esbuild to a function, and keeps its lines. A script of another
/// build would pass other values, so the function refuses it first. What it returns has no
/// prototype, because a promise that resolves to it asks it for a `then`.
///
/// # Errors
/// When the code does not have the form of such a bundle.
pub fn host(code: &str, id: &str) -> Result<Host> {
    let (body, exports) = code
        .trim_end()
        .rsplit_once("export {")
        .context("the host exports nothing")?;
    let exports = exports
        .strip_suffix("};")
        .context("the exports of the host are not the last")?;
    let mut names: Vec<Name> = Vec::new();
    let mut parameters: Vec<String> = Vec::new();
    let mut same = String::new();
    let mut rest = body;
    let mut own = String::new();
    while let Some((before, import, after)) = next_import(rest) {
        own += before;
        own += &"\n".repeat(import.text.matches('\n').count());
        for (given, local) in pairs(import.names) {
            let name = Name {
                module: import.module.into(),
                name: given.into(),
            };
            match names.iter().position(|known| *known == name) {
                Some(at) => same += &format!("const {local}={};", parameters[at]),
                None => {
                    names.push(name);
                    parameters.push(local.into());
                }
            }
        }
        rest = after;
    }
    ensure!(!names.is_empty(), "the host uses nothing of the entry");
    own += rest;
    let returned: Vec<_> = pairs(exports)
        .map(|(local, given)| format!("{given}:{local}"))
        .collect();
    let code = format!(
        "export function host(build,{}){{\
         if(build!==\"{id}\")throw new Error(\"host.js is of another version than the script that loads it\");\
         {same}{own}return{{__proto__:null,{}}}}}",
        parameters.join(","),
        returned.join(",")
    );
    Ok(Host { code, names })
}

/// Writes the module with the values that the entry passes, and returns its path.
///
/// # Errors
/// When it cannot be written.
pub fn module(host: &Host) -> Result<PathBuf> {
    let js = root().join("js");
    let import = |name: &str, at: usize, module: &str| {
        let file = js.join(format!("{module}.ts"));
        format!("import {{ {name} as handed{at} }} from {file:?};\n")
    };
    let mut text = import("BUILD", 0, "build-id");
    for (at, Name { module, name }) in host.names.iter().enumerate() {
        text += &import(name, at + 1, module);
    }
    let all: Vec<_> = (0..=host.names.len())
        .map(|at| format!("handed{at}"))
        .collect();
    text += &format!("export const handed = [{}];\n", all.join(", "));
    let file = target().join("handed.js");
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

/// The import paths of these modules in the host's sources, which esbuild must not bundle.
pub fn externals() -> Vec<String> {
    MODULES
        .iter()
        .flat_map(|module| [format!("./{module}.ts"), format!("../{module}.ts")])
        .collect()
}

struct Import<'a> {
    text: &'a str,
    names: &'a str,
    module: &'a str,
}

/// The first import of one of the modules, with the code before and after it.
fn next_import(code: &str) -> Option<(&str, Import<'_>, &str)> {
    code.match_indices("import {").find_map(|(at, _)| {
        let (before, found) = code.split_at(at);
        let (names, from) = found.strip_prefix("import {")?.split_once("} from \"")?;
        let (path, after) = from.split_once("\";")?;
        let module = Path::new(path).file_stem()?.to_str()?;
        let text = &found[..found.len() - after.len()];
        let is_ours = path.ends_with(".ts") && MODULES.contains(&module);
        is_ours.then_some((
            before,
            Import {
                text,
                names,
                module,
            },
            after,
        ))
    })
}

/// Splits `a as b, c` into pairs of names.
fn pairs(names: &str) -> impl Iterator<Item = (&str, &str)> {
    let names = names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names.map(|name| name.split_once(" as ").unwrap_or((name, name)))
}

#[cfg(test)]
mod tests {
    use super::host;

    const BUNDLE: &str = "import { lookUp as a } from \"./details.ts\";\nvar b = a(\"URL\");\n\
        import {\n  isPlain,\n  lookUp as c\n} from \"../details.ts\";\nvar d = () => import(\"./ladder.js\");\n\
        export {\n  d as loadHost,\n  b\n};\n";

    #[test]
    fn what_is_imported_becomes_parameters_and_lines_stay() {
        let made = host(BUNDLE, "1-2").expect("a host");
        assert!(
            made.code
                .starts_with("export function host(build,a,isPlain){if(build!==\"1-2\")")
        );
        assert!(made.code.contains("const c=a;"), "{}", made.code);
        assert!(
            made.code
                .ends_with("return{__proto__:null,loadHost:d,b:b}}"),
            "{}",
            made.code
        );
        assert!(!made.code.contains("details"), "{}", made.code);
        let line = |text: &str| text.lines().position(|line| line.contains("ladder"));
        assert_eq!(line(&made.code), line(BUNDLE));
        let names: Vec<_> = made.names.iter().map(|name| name.name.as_str()).collect();
        assert_eq!(names, ["lookUp", "isPlain"]);
    }

    #[test]
    fn a_bundle_that_imports_or_exports_nothing_is_refused() {
        assert!(host("var a = 1;\nexport { a };\n", "1").is_err());
        assert!(host("import { lookUp } from \"./details.ts\";\n", "1").is_err());
    }
}
