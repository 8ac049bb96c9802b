//! A measured image for people and for machines: its layers, what they waste, and what to change first.

use super::{escape, words};
use crate::image::{Measured, Wasted};
use crate::model::bytes::megabytes;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Cells of the longest bar, characters of an instruction, files and advice that are shown.
const BAR: u64 = 20;
const WIDTH: usize = 90;
const MAX_WASTE: usize = 10;
const MAX_LAYERS: usize = 60;

/// A table with bars. `size` and `layers` are the budgets that it is held against.
pub fn render(title: &str, image: &Measured, size: u64, layers: usize) -> String {
    let name = image.name.as_deref().unwrap_or("no name");
    let mut out = format!(
        "{} ({})\n\n",
        escape::inline(title),
        escape::inline(&words::clip(name, WIDTH))
    );
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
        None => out.push_str("download  not known: not every layer is compressed here\n"),
    }
    let _ = writeln!(out, "layers    {} of {layers}", image.layers.len());
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
    if let Some(advice) = advice(image) {
        let _ = writeln!(out, "\nfirst     {}", escape::inline(&advice));
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

/// What saves most: the layer that writes most in vain, else the largest layer.
fn advice(image: &Measured) -> Option<String> {
    let mut vain: std::collections::BTreeMap<usize, u64> = std::collections::BTreeMap::new();
    for Wasted { layer, bytes, .. } in &image.waste {
        *vain.entry(*layer).or_default() += bytes;
    }
    let said = |number: usize| {
        let instruction = image.layers.get(number).map_or("", |layer| layer.instruction.as_str());
        format!("layer {} `{}`", number + 1, words::clip(instruction, 60))
    };
    if let Some((layer, bytes)) = vain.into_iter().max_by_key(|(_, bytes)| *bytes)
        && bytes * 100 >= image.unpacked
    {
        return Some(format!(
            "delete in the instruction that writes, or do not write: {} of what {} holds are gone in the end",
            megabytes(bytes),
            said(layer)
        ));
    }
    let (number, layer) = image.layers.iter().enumerate().max_by_key(|(_, layer)| layer.bytes)?;
    Some(format!(
        "look at {}: {} of {}",
        said(number),
        megabytes(layer.bytes),
        megabytes(image.unpacked)
    ))
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0 %".to_owned();
    }
    #[allow(clippy::cast_precision_loss)]
    let percent = part as f64 * 100.0 / whole as f64;
    format!("{percent:.1} %")
}

/// The same for machines; sizes are bytes.
pub fn json(title: &str, image: &Measured) -> String {
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
    let document = json!({
        "schema": 1,
        "source": title,
        "name": image.name,
        "basis": "exact",
        "size_bytes": image.unpacked,
        "download_bytes": image.download,
        "wasted_bytes": image.wasted,
        "user": image.user,
        "layers": layers,
        "waste": waste,
    });
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    format!("{}\n", escape::json(&text))
}
