//! The images that the files name and that come from elsewhere.

use super::Repository;
use crate::build::StageUse;
use crate::container::{Container, ImageSource};
use crate::fact::{Fact, Unknown};
use crate::order::Order as _;
use crate::resolve::compose::service::Service;
use crate::resolve::stage::{Base, ImageUse};
use crate::source::Span;
use crate::values::image_ref::refusal;

/// An image from elsewhere, where it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedImage {
    /// As it is written, with variables filled in.
    pub name: String,
    /// The platform that is asked for, if one is.
    pub platform: Option<String>,
    /// Where.
    pub span: Span,
    /// The service or the Dockerfile that names it.
    pub by: String,
    /// It runs, or something of it ships; else it only helps to build.
    pub ships: bool,
}

/// An image whose name cannot be known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamelessImage {
    /// Why.
    pub unknown: Unknown,
    /// Where it is named.
    pub span: Span,
    /// The service or the Dockerfile that names it.
    pub by: String,
}

impl Repository {
    /// The images that run or ship and whose names rest on what is not known here, each place once, in the order of the files.
    pub(crate) fn nameless_images(&self) -> Vec<NamelessImage> {
        let containers = self.containers.iter();
        let mut found: Vec<NamelessImage> = containers
            .filter_map(|container| match &container.image {
                ImageSource::Unknown(unknown) => Some(NamelessImage {
                    unknown: unknown.clone(),
                    span: unknown.span,
                    by: container.name.clone(),
                }),
                _ => None,
            })
            .collect();
        for file in &self.dockerfiles {
            let uses = file.stage_uses();
            for word in file.plan.image_words() {
                let of_stage = uses.get(word.within).copied().unwrap_or(StageUse::Unused);
                let is_needed = word.usage == ImageUse::From && of_stage == StageUse::Ships;
                if let (true, Fact::Unknown(unknown)) = (is_needed, &word.name) {
                    found.push(NamelessImage {
                        unknown: unknown.clone(),
                        span: word.span,
                        by: file.file.path.clone(),
                    });
                }
            }
        }
        found.order_by_key(|one| one.span);
        found.dedup_by(|one, other| one.span == other.span);
        found
    }

    /// The images that the files name and that are not made here, in the order of the files; the same one may be there twice.
    pub(crate) fn named_images(&self) -> Vec<NamedImage> {
        let of_containers = self
            .containers
            .iter()
            .filter_map(|container| self.of_container(container));
        let mut found: Vec<NamedImage> = of_containers.collect();
        for container in &self.containers {
            let mounted = self.service(container).into_iter().flat_map(Service::mounted_images);
            found.extend(mounted.map(|image| NamedImage {
                name: image.value.clone(),
                platform: self.platform(container).map(str::to_owned),
                span: image.span,
                by: container.name.clone(),
                ships: true,
            }));
        }
        for file in &self.dockerfiles {
            let uses = file.stage_uses();
            for word in file.plan.image_words() {
                let Some(name) = word.name.value() else { continue };
                let stage = file.plan.stages.get(word.within);
                let is_base = word.usage == ImageUse::From;
                let of_stage = uses.get(word.within).copied().unwrap_or(StageUse::Unused);
                let platform = stage.and_then(|stage| stage.platform.value()).filter(|_| is_base);
                found.push(NamedImage {
                    name: name.clone(),
                    platform: platform.cloned(),
                    span: word.span,
                    by: file.file.path.clone(),
                    ships: match word.usage {
                        ImageUse::From => of_stage == StageUse::Ships,
                        _ => of_stage != StageUse::Unused,
                    },
                });
            }
        }
        found.retain(|image| {
            let name = image.name.as_str();
            refusal(name).is_none() && !self.builds_image(name) && !self.has_context(name)
        });
        found.order_by_key(|image| image.span);
        found
    }

    fn of_container(&self, container: &Container) -> Option<NamedImage> {
        let platform = self.platform(container);
        match &container.image {
            ImageSource::Named(name) => Some(NamedImage {
                name: name.value.clone(),
                platform: platform.map(str::to_owned),
                span: name.span,
                by: container.name.clone(),
                ships: true,
            }),
            // What its arguments make of FROM may be another image than the file alone says.
            ImageSource::Built { plan, .. } => {
                let shipped = plan.shipped()?;
                let Base::Image(name) = &shipped.root_image else {
                    return None;
                };
                Some(NamedImage {
                    name: name.value()?.clone(),
                    platform: platform.map(str::to_owned),
                    span: shipped.from,
                    by: container.name.clone(),
                    ships: true,
                })
            }
            _ => None,
        }
    }
}
