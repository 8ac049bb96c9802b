//! Packs the tables of Debian's packages, which few runs ask: the binary carries a third of their bytes. And leaves out of the static
//! binary what only unwinding reads.

use flate2::{Compression, write::DeflateEncoder};
use std::fs;
use std::io::{Result, Write};
use std::path::PathBuf;

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=src/known_images");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    for name in ["debs-bullseye.tsv", "debs.tsv", "debs-trixie.tsv"] {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&fs::read(format!("src/known_images/{name}"))?)?;
        fs::write(out.join(name), packed.finish()?)?;
    }
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_ENV", "musl") && is("PROFILE", "release") {
        let script = out.join("no-frames.ld");
        fs::write(&script, NO_FRAMES)?;
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
    }
    Ok(())
}

/// The release aborts where it panics, and nobody walks its frames: a tenth of the binary described them, most of it from libraries
/// that are compiled with it. What the start-up code of the C library refers to stays.
const NO_FRAMES: &str =
    "SECTIONS { /DISCARD/ : { *(EXCLUDE_FILE(*crtbegin*.o *crtend*.o) .eh_frame) } }\nINSERT AFTER .text;\n";
