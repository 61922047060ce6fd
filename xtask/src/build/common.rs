//! Converts an ES module to CommonJS.
//!
//! esbuild's own conversion assigns `module.exports` as a whole, so neither Node nor
//! TypeScript can detect the exported names.

use anyhow::{Context, Result};

use super::bundle::PEERS;

/// Rewrites a bundle by esbuild and terser, which imports names and exports everything in one
/// statement at its end.
///
/// # Errors
/// When the code does not have this form.
pub fn from_module(text: &str) -> Result<String> {
    let mut code = text.trim().to_owned();
    let mut common = String::from("\"use strict\";");
    // Each module in the bundle may bring its own imports.
    while let Some((before, names, package, after)) = first_import(&code) {
        let names = names.replace(" as ", ":");
        common += &format!("const{{{names}}}=require(\"{package}\");");
        code = format!("{before}{after}");
    }
    let (code, exports) = code.rsplit_once("export{").context("it exports nothing")?;
    let exports = exports
        .strip_suffix("};")
        .context("its exports are not the last")?;
    common += "Object.defineProperty(exports,\"__esModule\",{value:!0});";
    common += code;
    for name in exports.split(',') {
        let (own, given) = name.split_once(" as ").unwrap_or((name, name));
        common += &format!("exports.{given}={own};");
    }
    Ok(common)
}

/// The first import: the code before it, its names, its package, and the code after it.
fn first_import(code: &str) -> Option<(&str, &str, &str, &str)> {
    code.match_indices("import{").find_map(|(at, _)| {
        let (before, import) = code.split_at(at);
        // An import follows a statement or a function.
        let begins = before.is_empty() || before.ends_with([';', '}']);
        let (names, after) = import.strip_prefix("import{")?.split_once("}from\"")?;
        let (package, after) = after.split_once("\";")?;
        (begins && PEERS.contains(&package)).then_some((before, names, package, after))
    })
}

#[cfg(test)]
mod tests {
    use super::from_module;

    #[test]
    fn imports_are_required_and_exports_are_named() {
        let module = "import{a as b,c}from\"react\";const f=1;import{d}from\"vue\";function g(){}import{h as i}from\"vue\";const e=b(c,d);export{e as default,c};";
        assert_eq!(
            from_module(module).expect("a module"),
            "\"use strict\";const{a:b,c}=require(\"react\");const{d}=require(\"vue\");const{h:i}=require(\"vue\");\
             Object.defineProperty(exports,\"__esModule\",{value:!0});\
             const f=1;function g(){}const e=b(c,d);exports.default=e;exports.c=c;"
        );
        assert!(from_module("const a=1;").is_err());
    }
}
