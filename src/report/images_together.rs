//! Several measured images: what they take on one disk together, where layers on the same layers are there once, and what each of
//! them adds to the others.

use super::{escape, words};
use crate::archive::Measured;
use crate::order::Order as _;
use crate::values::bytes::megabytes;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Shared layers and characters that are shown.
const MAX_SHARED: usize = 20;
const WIDTH: usize = 90;

/// A layer with all that is below it, as an engine stores it: the same layer on another base is another one.
struct Stored {
    instruction: String,
    bytes: u64,
    /// The images that have it, ascending.
    images: Vec<usize>,
}

/// One of the images.
struct One<'a> {
    title: &'a str,
    image: &'a Measured,
    /// Bytes of layers that no other image here has.
    own: u64,
}

/// Images with what they share.
pub(crate) struct Together<'a> {
    images: Vec<One<'a>>,
    stored: Vec<Stored>,
}

impl<'a> Together<'a> {
    /// Puts images together, each with where it is from.
    pub(crate) fn of(images: &'a [(String, Measured)]) -> Self {
        let mut stored: Vec<Stored> = Vec::new();
        // What stands on what: the number of the layer below, its digest and its bytes, which an archive may not tell truly.
        let mut numbers: HashMap<(Option<usize>, &str, u64), usize> = HashMap::new();
        for (number, (_, image)) in images.iter().enumerate() {
            let mut below = None;
            for layer in &image.layers {
                let fresh = stored.len();
                let at = match layer.id.as_str() {
                    // Nobody can tell whether another image has it.
                    "" => fresh,
                    id => *numbers.entry((below, id, layer.bytes)).or_insert(fresh),
                };
                match stored.get_mut(at) {
                    Some(known) if known.images.last() != Some(&number) => known.images.push(number),
                    Some(_) => {}
                    None => stored.push(Stored {
                        instruction: layer.instruction.clone(),
                        bytes: layer.bytes,
                        images: vec![number],
                    }),
                }
                below = Some(at);
            }
        }
        let mut own = vec![0_u64; images.len()];
        for layer in &stored {
            if let [only] = layer.images.as_slice()
                && let Some(sum) = own.get_mut(*only)
            {
                *sum = sum.saturating_add(layer.bytes);
            }
        }
        let ones = images.iter().zip(own);
        Self {
            images: ones.map(|((title, image), own)| One { title, image, own }).collect(),
            stored,
        }
    }

    /// What all of them take on one disk.
    fn total(&self) -> u64 {
        self.stored.iter().map(|layer| layer.bytes).fold(0, u64::saturating_add)
    }

    /// What they would take if they had nothing in common.
    fn apart(&self) -> u64 {
        let sizes = self.images.iter().map(|one| one.image.unpacked);
        sizes.fold(0, u64::saturating_add)
    }

    /// The layers that several have, the largest first.
    fn shared(&self) -> Vec<&Stored> {
        let mut shared: Vec<&Stored> = self.stored.iter().filter(|layer| layer.images.len() > 1).collect();
        shared.order_by_key(|layer| std::cmp::Reverse(layer.bytes));
        shared
    }

    /// A table.
    pub(crate) fn render(&self) -> String {
        let mut out = String::from("         own      unpacked  layers  image\n");
        for one in &self.images {
            let _ = writeln!(
                out,
                "{:>12}  {:>12}  {:>6}  {}",
                megabytes(one.own),
                megabytes(one.image.unpacked),
                one.image.layers.len(),
                escape::inline(&name(one))
            );
        }
        let shared = self.shared();
        out.push_str(if shared.is_empty() {
            "\nno layer is in more than one of them\n"
        } else {
            "\nshared, on the disk once\n"
        });
        for layer in shared.iter().take(MAX_SHARED) {
            let _ = writeln!(
                out,
                "{:>12}  {}  {}",
                megabytes(layer.bytes),
                words::count(layer.images.len(), "image"),
                escape::inline(&said(layer))
            );
        }
        if shared.len() > MAX_SHARED {
            let _ = writeln!(out, "{:>12}  and {} more", "", shared.len() - MAX_SHARED);
        }
        let _ = writeln!(
            out,
            "\ntogether  {} on the disk, {} if nothing were shared",
            megabytes(self.total()),
            megabytes(self.apart())
        );
        escape::guard(out)
    }

    /// The same as Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut out = String::from("| image | own | unpacked | layers |\n| --- | ---: | ---: | ---: |\n");
        for one in &self.images {
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} |",
                escape::markdown_code(&name(one)),
                megabytes(one.own),
                megabytes(one.image.unpacked),
                one.image.layers.len()
            );
        }
        let _ = writeln!(
            out,
            "| **together, on the disk** | {} | {} | {} |",
            megabytes(self.total()),
            megabytes(self.apart()),
            self.stored.len()
        );
        let shared = self.shared();
        if !shared.is_empty() {
            out.push_str("\n| shared layer | bytes | images |\n| --- | ---: | ---: |\n");
        }
        for layer in shared.iter().take(MAX_SHARED) {
            let what = escape::markdown_code(&said(layer));
            let _ = writeln!(out, "| {what} | {} | {} |", megabytes(layer.bytes), layer.images.len());
        }
        if shared.len() > MAX_SHARED {
            let _ = writeln!(out, "\nand {} more", shared.len() - MAX_SHARED);
        }
        out
    }

    /// The same for machines; sizes are bytes.
    pub(crate) fn json(&self) -> String {
        let images: Vec<Value> = self
            .images
            .iter()
            .map(|one| {
                json!({
                    "source": one.title,
                    "name": one.image.name,
                    "id": one.image.id,
                    "platform": one.image.platform,
                    "size_bytes": one.image.unpacked,
                    "own_bytes": one.own,
                    "shared_bytes": one.image.unpacked.saturating_sub(one.own),
                    "layers": one.image.layers.len(),
                })
            })
            .collect();
        let shared = self.shared().into_iter();
        let shared: Vec<Value> = shared
            .map(|layer| json!({"instruction": layer.instruction, "size_bytes": layer.bytes, "images": layer.images}))
            .collect();
        let document = json!({
            "schema": 1,
            "basis": "exact",
            "size_bytes": self.total(),
            "apart_bytes": self.apart(),
            "layers": self.stored.len(),
            "images": images,
            "shared": shared,
        });
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        format!("{}\n", escape::json(&text))
    }
}

/// What an image is called: where it is from, and its name if that is another.
fn name(one: &One<'_>) -> String {
    let title = words::clip(one.title, WIDTH);
    match &one.image.name {
        Some(name) if name != one.title => format!("{title} ({})", words::clip(name, WIDTH)),
        _ => title.into_owned(),
    }
}

fn said(layer: &Stored) -> String {
    match layer.instruction.as_str() {
        "" => "(not said)".to_owned(),
        text => words::clip(text, WIDTH).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Layer;
    use expect_test::expect;

    fn image(name: &str, layers: &[(&str, &str, u64)]) -> (String, Measured) {
        let layers = layers.iter().map(|(id, instruction, bytes)| Layer {
            id: (*id).to_owned(),
            instruction: (*instruction).to_owned(),
            bytes: *bytes,
            compressed: None,
        });
        let layers: Vec<Layer> = layers.collect();
        let image = Measured {
            name: Some(format!("acme/{name}:1")),
            others: 0,
            unpacked: layers.iter().map(|layer| layer.bytes).sum(),
            download: None,
            layers,
            wasted: 0,
            waste: Vec::new(),
            doubled: 0,
            doubles: Vec::new(),
            caches: Vec::new(),
            system: None,
            id: format!("sha256:{name}"),
            digest: None,
            platform: "linux/amd64".to_owned(),
            settings: crate::archive::Settings::default(),
            contents: crate::archive::Contents::default(),
        };
        (format!("{name}.tar"), image)
    }

    #[test]
    fn layers_on_the_same_layers_count_once() {
        let base = ("a", "ADD rootfs /", 70_000_000);
        let images = [
            image("api", &[base, ("b", "COPY | app /", 5_000_000), ("e", "RUN touch", 0)]),
            image("web", &[base, ("c", "COPY web /", 8_000_000)]),
            // The same layer on another base is stored once more.
            image(
                "tool",
                &[("d", "ADD other /", 3_000_000), ("b", "COPY | app /", 5_000_000)],
            ),
        ];
        let together = Together::of(&images);
        expect![[r#"
                     own      unpacked  layers  image
                  5.0 MB       75.0 MB       3  api.tar (acme/api:1)
                  8.0 MB       78.0 MB       2  web.tar (acme/web:1)
                  8.0 MB        8.0 MB       2  tool.tar (acme/tool:1)

            shared, on the disk once
                 70.0 MB  2 images  ADD rootfs /

            together  91.0 MB on the disk, 161.0 MB if nothing were shared
        "#]]
        .assert_eq(&together.render());
        expect![[r#"
            | image | own | unpacked | layers |
            | --- | ---: | ---: | ---: |
            | `api.tar (acme/api:1)` | 5.0 MB | 75.0 MB | 3 |
            | `web.tar (acme/web:1)` | 8.0 MB | 78.0 MB | 2 |
            | `tool.tar (acme/tool:1)` | 8.0 MB | 8.0 MB | 2 |
            | **together, on the disk** | 91.0 MB | 161.0 MB | 6 |

            | shared layer | bytes | images |
            | --- | ---: | ---: |
            | `ADD rootfs /` | 70.0 MB | 2 |
        "#]]
        .assert_eq(&together.markdown());
        let report: Value = serde_json::from_str(&together.json()).unwrap();
        assert_eq!(report["size_bytes"], 91_000_000);
        assert_eq!(report["images"][0]["own_bytes"], 5_000_000);
        assert_eq!(report["images"][0]["shared_bytes"], 70_000_000);
        assert_eq!(report["shared"][0]["images"], json!([0, 1]));
    }

    #[test]
    fn what_cannot_be_told_is_not_shared() {
        let sum = |one: &[(&str, &str, u64)], other: &[(&str, &str, u64)]| {
            Together::of(&[image("one", one), image("two", other)]).total()
        };
        // No digest; the same digest with other bytes, which only a broken archive says; one layer twice in an image.
        assert_eq!(sum(&[("", "x", 4)], &[("", "x", 4)]), 8);
        assert_eq!(sum(&[("a", "x", 4)], &[("a", "x", 5)]), 9);
        assert_eq!(sum(&[("a", "x", 4), ("a", "x", 4)], &[("a", "x", 4)]), 8);
        // The same image twice is there once, and none of it is anybody's own.
        let twice = [image("one", &[("a", "x", 4)]), image("one", &[("a", "x", 4)])];
        let together = Together::of(&twice);
        assert_eq!(
            (together.total(), together.images.first().map(|one| one.own)),
            (4, Some(0))
        );
        assert!(
            Together::of(&[image("one", &[("a", "x", 4)])])
                .render()
                .contains("no layer is in more than one")
        );
    }
}
