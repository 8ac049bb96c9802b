//! Packs what few runs ask, the tables of Debian's packages and the documentation of the rules: the binary carries a third of their
//! bytes. And leaves out of the static binary what only unwinding reads.

use flate2::{Compression, write::DeflateEncoder};
use std::fs;
use std::io::{Result, Write};
use std::path::{Path, PathBuf};

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=src/known_images");
    println!("cargo::rerun-if-changed=src/rules");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    for name in ["debs-bullseye.tsv", "debs.tsv", "debs-trixie.tsv"] {
        pack(&fs::read(format!("src/known_images/{name}"))?, &out.join(name))?;
    }
    pack(rules_documentation()?.as_bytes(), &out.join("rules.txt"))?;
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_ENV", "musl") && is("PROFILE", "release") {
        let script = out.join("no-frames.ld");
        fs::write(&script, NO_FRAMES)?;
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
    }
    Ok(())
}

fn pack(bytes: &[u8], to: &Path) -> Result<()> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    fs::write(to, packed.finish()?)
}

/// What stands above each rule: its name, which its file has, and the lines behind their `///`; each rule after a form feed.
fn rules_documentation() -> Result<String> {
    let mut paths: Vec<PathBuf> = fs::read_dir("src/rules")?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    let mut all = String::new();
    for path in paths.iter().filter(|path| path.is_file()) {
        let text = fs::read_to_string(path)?;
        let Some((_, rule)) = text.split_once("\nrule! {\n") else {
            continue;
        };
        let lines = rule.lines().map_while(|line| line.trim_start().strip_prefix("///"));
        let name = path.file_stem().unwrap_or_default().to_string_lossy().replace('_', "-");
        all.push_str(&format!("\u{c}{name}\n{}\n", lines.collect::<Vec<_>>().join("\n")));
    }
    Ok(all)
}

/// The release aborts where it panics, and nobody walks its frames: a tenth of the binary described them, most of it from libraries
/// that are compiled with it. What the start-up code of the C library refers to stays.
const NO_FRAMES: &str =
    "SECTIONS { /DISCARD/ : { *(EXCLUDE_FILE(*crtbegin*.o *crtend*.o) .eh_frame) } }\nINSERT AFTER .text;\n";
