//! One id for everything that is built together.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace::{root, version};

/// The name of the wasm section with the id.
const SECTION: &str = "natero";

/// Derives the id of a build from its contents, and writes it into the wasm: JavaScript would
/// misread the wasm of another build.
///
/// # Errors
/// When a file cannot be read or written.
pub fn stamp(wasm: &Path) -> Result<String> {
    let mut module = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let mut hash = Fnv::default();
    hash.add(&module);
    sources(&root().join("js"), &mut hash)?;
    let id = format!(
        "{}-{:08x}",
        version()?,
        hash.0 as u32 ^ (hash.0 >> 32) as u32
    );
    append_section(&mut module, SECTION, id.as_bytes());
    fs::write(wasm, module).with_context(|| format!("cannot write {}", wasm.display()))?;
    Ok(id)
}

/// Hashes all sources of the scripts.
fn sources(folder: &Path, hash: &mut Fnv) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            if name != "node_modules" && name != "test" {
                sources(&path, hash)?;
            }
        } else {
            hash.add(&fs::read(&path)?);
        }
    }
    Ok(())
}

/// Appends a custom section.
fn append_section(module: &mut Vec<u8>, name: &str, content: &[u8]) {
    let mut section = Vec::new();
    push_length(&mut section, name.len());
    section.extend(name.as_bytes());
    section.extend(content);
    module.push(0);
    push_length(module, section.len());
    module.extend(section);
}

/// Appends an unsigned LEB128 number.
fn push_length(bytes: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
}

/// FNV-1a: it is the same on all machines and in all versions, and good enough to distinguish
/// builds.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_appended_with_the_length_of_its_name_and_content() {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        append_section(&mut module, "natero", b"0.1.0");
        assert_eq!(&module[8..], b"\0\x0c\x06natero0.1.0");
    }

    #[test]
    fn a_long_length_takes_more_bytes() {
        let mut bytes = Vec::new();
        push_length(&mut bytes, 300);
        assert_eq!(bytes, [0xac, 0x02]);
    }
}
