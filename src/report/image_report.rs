//! A measured image for people and for machines: its layers, what they waste, and what to change first.

mod advice;

use super::{escape, words};
use crate::archive::Measured;
use crate::values::bytes::megabytes;
use crate::values::number::Real;
use advice::advice;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Cells of the longest bar, characters of an instruction, files that are shown.
const BAR: u64 = 20;
const WIDTH: usize = 90;
const MAX_WASTE: usize = 10;
const MAX_LAYERS: usize = 60;
const MAX_DOUBLES: usize = 5;

/// What an image is held against and compared with.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// The budget of size, in bytes.
    pub size: u64,
    /// The budget of layers.
    pub layers: usize,
    /// Images that it could start from, with about their bytes.
    pub bases: Vec<(String, u64)>,
}

/// A table with bars.
pub(crate) fn render(title: &str, image: &Measured, beside: &Beside) -> String {
    let name = match &image.name {
        Some(name) => format!(" ({})", words::clip(name, WIDTH)),
        None => String::new(),
    };
    let mut out = format!("{}{}\n\n", escape::inline(title), escape::inline(&name));
    push_layers(&mut out, image);
    push_sums(&mut out, image, beside);
    push_waste(&mut out, image);
    push_base(&mut out, image, beside);
    out.push_str("\nwhat to change first\n");
    for (bytes, advice) in advice(image, beside) {
        let _ = writeln!(out, "{:>12}  {}", megabytes(bytes), escape::inline(&advice));
    }
    if image.others > 0 {
        let _ = writeln!(
            out,
            "\n{} more in this archive, not measured",
            words::count(image.others, "image")
        );
    }
    escape::guard(out)
}

/// A bar for each layer.
fn push_layers(out: &mut String, image: &Measured) {
    let largest = image.layers.iter().map(|layer| layer.bytes).max().unwrap_or(0).max(1);
    for layer in image.layers.iter().take(MAX_LAYERS) {
        let cells = u128::from(layer.bytes) * u128::from(BAR);
        let cells = usize::try_from(cells.div_ceil(u128::from(largest))).unwrap_or(0);
        let what = if layer.instruction.is_empty() {
            "(not said)"
        } else {
            &layer.instruction
        };
        let _ = writeln!(
            out,
            "{:>12}  {}{}  {}",
            megabytes(layer.bytes),
            "█".repeat(cells),
            " ".repeat((BAR as usize).saturating_sub(cells)),
            escape::inline(&words::clip(what, WIDTH))
        );
    }
    if image.layers.len() > MAX_LAYERS {
        let _ = writeln!(out, "              and {} more", image.layers.len() - MAX_LAYERS);
    }
}

/// The figures against their budgets.
fn push_sums(out: &mut String, image: &Measured, beside: &Beside) {
    let (size, layers) = (beside.size, beside.layers);
    let _ = writeln!(
        out,
        "\nunpacked  {}, counted ({} of {} budgeted in the default profile)",
        megabytes(image.unpacked),
        share(image.unpacked, size),
        megabytes(size)
    );
    match image.download {
        Some(bytes) => {
            let _ = writeln!(out, "download  {}, as the layers are compressed here", megabytes(bytes));
        }
        None => out.push_str("download  unknown: not every layer is compressed here\n"),
    }
    let _ = writeln!(out, "layers    {} of {layers}", image.layers.len());
}

/// What is there in vain: hidden by later layers, or there more than once.
fn push_waste(out: &mut String, image: &Measured) {
    let _ = writeln!(
        out,
        "wasted    {} ({} of all)",
        megabytes(image.wasted),
        share(image.wasted, image.unpacked)
    );
    for one in image.waste.iter().take(MAX_WASTE) {
        let _ = writeln!(
            out,
            "{:>12}  {} {}",
            megabytes(one.bytes),
            escape::inline(&words::clip(&one.path, WIDTH)),
            if one.deleted { "(deleted)" } else { "(overwritten)" }
        );
    }
    if image.doubled > 0 {
        let _ = writeln!(
            out,
            "doubled   {} in further copies of the same content",
            megabytes(image.doubled)
        );
    }
    for double in image.doubles.iter().take(MAX_DOUBLES) {
        let paths = double.paths.join(", ");
        let _ = writeln!(
            out,
            "{:>12}  {} times: {}",
            megabytes(double.bytes),
            double.count,
            escape::inline(&words::clip(&paths, WIDTH))
        );
    }
}

/// The system in it, and images that it could start from.
fn push_base(out: &mut String, image: &Measured, beside: &Beside) {
    if let Some(system) = &image.system {
        let _ = writeln!(out, "system    {}", escape::inline(&system.name));
    }
    if !beside.bases.is_empty() {
        let bases = beside
            .bases
            .iter()
            .map(|(name, bytes)| format!("{name} {}", megabytes(*bytes)));
        let bases = bases.collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "bases     {}, by the catalogue", escape::inline(&bases));
    }
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0 %".to_owned();
    }
    let percent = part.real() * 100.0 / whole.real();
    format!("{percent:.1} %")
}

/// What is there in the end, as a share of all that is pulled and kept.
fn efficiency(image: &Measured) -> f64 {
    match image.unpacked {
        0 => 1.0,
        all => image.live().real() / all.real(),
    }
}

/// The same as Markdown: the layers, the sums and what to change first.
pub(crate) fn markdown(title: &str, image: &Measured, beside: &Beside) -> String {
    let code = |text: &str| escape::markdown_code(&words::clip(text, WIDTH));
    let mut out = format!("**{}**\n\n| bytes | layer |\n| ---: | --- |\n", code(title));
    for layer in image.layers.iter().take(MAX_LAYERS) {
        let what = if layer.instruction.is_empty() {
            "(not said)".to_owned()
        } else {
            code(&layer.instruction)
        };
        let _ = writeln!(out, "| {} | {what} |", megabytes(layer.bytes));
    }
    if image.layers.len() > MAX_LAYERS {
        let _ = writeln!(out, "\nand {} more", image.layers.len() - MAX_LAYERS);
    }
    let _ = writeln!(
        out,
        "\n{} unpacked ({} of {} budgeted in the default profile), {} wasted ({} of all), {} layers of {}\n",
        megabytes(image.unpacked),
        share(image.unpacked, beside.size),
        megabytes(beside.size),
        megabytes(image.wasted),
        share(image.wasted, image.unpacked),
        image.layers.len(),
        beside.layers
    );
    out.push_str("What to change first:\n\n");
    for (bytes, advice) in advice(image, beside) {
        let _ = writeln!(out, "- {}: {}", megabytes(bytes), escape::markdown_prose(&advice));
    }
    out
}

/// The same for machines; sizes are bytes.
pub(crate) fn json(title: &str, image: &Measured, beside: &Beside) -> String {
    let layers: Vec<Value> = image
        .layers
        .iter()
        .map(|layer| json!({"instruction": layer.instruction, "size_bytes": layer.bytes, "compressed_bytes": layer.compressed}))
        .collect();
    let waste: Vec<Value> = image
        .waste
        .iter()
        .map(|one| json!({"path": one.path, "size_bytes": one.bytes, "layer": one.layer, "deleted": one.deleted}))
        .collect();
    let doubles: Vec<Value> = image
        .doubles
        .iter()
        .map(|one| json!({"paths": one.paths, "count": one.count, "size_bytes": one.bytes}))
        .collect();
    let named = |(name, bytes): (&str, u64)| json!({"name": name, "size_bytes": bytes});
    let caches = image.caches.iter().map(|(folder, bytes)| named((folder, *bytes)));
    let bases = beside.bases.iter().map(|(name, bytes)| named((name, *bytes)));
    let advice = advice(image, beside).into_iter();
    let advice = advice.map(|(bytes, what)| json!({"saves_bytes": bytes, "what": what}));
    let (caches, bases, advice): (Vec<Value>, Vec<Value>, Vec<Value>) =
        (caches.collect(), bases.collect(), advice.collect());
    let document = json!({
        "schema": 1,
        "source": title,
        "name": image.name,
        "basis": "exact",
        "size_bytes": image.unpacked,
        "download_bytes": image.download,
        "wasted_bytes": image.wasted,
        "efficiency": efficiency(image),
        "doubled_bytes": image.doubled,
        "user": image.settings.user,
        "system": image.system.as_ref().map(|system| json!({"id": system.id, "version": system.version, "name": system.name})),
        "layers": layers,
        "waste": waste,
        "doubles": doubles,
        "caches": caches,
        "advice": advice,
        "bases": bases,
    });
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    format!("{}\n", escape::json(&text))
}
