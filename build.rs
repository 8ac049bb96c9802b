//! Packs the tables of Debian's packages, which few runs ask: the binary carries a third of their bytes.

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
    Ok(())
}
