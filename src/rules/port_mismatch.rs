use super::{Check, Group};
use crate::container::ImageSource;
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::known_images::{Has, Images};
use crate::parse::dockerfile::{Dockerfile, Kind};
use crate::repository::Subject;
use crate::resolve::compose::service::Service;
use crate::resolve::stage::{Base, Plan};
use crate::source::Span;
use crate::values::image_ref::ImageRef;

rule! {
    /// A service publishes or probes a port that its image does not expose and nothing names.
    ///
    /// ## Why it matters
    /// Nothing may listen there: the connection is refused, or the health check fails. Often one of two numbers was changed.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     build: .
    ///     ports: ["8080:8080"]  # <- here
    /// ```
    /// ```dockerfile fail +
    /// FROM python:3.12-slim
    /// COPY app.py /app.py
    /// EXPOSE 8000
    /// CMD ["python", "/app.py"]
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     build: .
    ///     ports: ["8080:8000"]
    /// ```
    /// ```dockerfile pass +
    /// FROM python:3.12-slim
    /// COPY app.py /app.py
    /// EXPOSE 8000
    /// CMD ["python", "/app.py"]
    /// ```
    ///
    /// ## Notes
    /// Only for a stage that is built here, exposes at least one port, and starts from an image that exposes none; and for
    /// port 80 of ASP.NET Core, which listens on 8080 from .NET 8 on. What its `appsettings.json` says is not read.
    RULE {
        name: "port-mismatch",
        group: Group::Dockerfile,
        layer: Layer::Build,
        severity: Some(Severity::Note),
        aliases: &[],
        check: Check::Service(check),
    }
}

fn check(subject: &Subject<'_>, service: &Service, found: &mut Vec<Finding>) {
    let ImageSource::Built { file, plan } = &subject.container.image else {
        return;
    };
    let (Some(stage), Some(shipped)) = (plan.shipped(), plan.shipped) else {
        return;
    };
    let default = default_port(&stage.root_image);
    if stage.exposed.is_empty() && default.is_none()
        || stage.truncated
        || !service.env_files.is_empty()
        || default.is_none() && !exposes_nothing(&stage.root_image, &subject.repository.images)
    {
        return;
    }
    let exposed: Vec<&str> = stage.exposed.iter().map(|port| port.value.as_str()).collect();
    let is_exposed = |port: i64| exposed.iter().any(|written| covers(written, port));
    let Some(texts) = texts(service, &file.ast, plan, shipped) else {
        return;
    };
    // An address without a port is on that of HTTP.
    if default.is_some() && texts.iter().any(|text| text.contains("://+") || text.contains("://*")) {
        return;
    }
    // `node --inspect` listens on 9229 unless told otherwise.
    let is_named = |port: i64| {
        texts
            .iter()
            .any(|text| names(text, port) || (port == 9229 && text.contains("--inspect")))
    };
    let mut tell = |port: i64, span: Span, what: &str| {
        // Of an image with a port of its own only the one that it had before is surely another.
        if is_exposed(port) || is_named(port) || default.is_some() && port != OLD_DOTNET {
            return;
        }
        if let Some(default) = default.filter(|_| stage.exposed.is_empty()) {
            let name = &service.name.value;
            let message = format!("`{name}` {what} port {port} of its container, but ASP.NET Core listens on {default} since .NET 8");
            let help = format!("write `{default}`, or set `ASPNETCORE_HTTP_PORTS: {port}`");
            let finding = Finding::new(span, message).help(help).related(stage.from, "base image of the stage");
            found.push(finding.aspect(format!("port {port}")));
            return;
        }
        found.push(
            Finding::new(
                span,
                format!(
                    "`{}` {what} port {port} of its container, but its image exposes {}",
                    service.name.value,
                    exposed.join(", ")
                ),
            )
            .help("use the port that the program listens on, or add `EXPOSE` for this one")
            .related(
                stage.exposed.first().map_or(stage.from, |port| port.span),
                "what the image exposes",
            )
            .aspect(format!("port {port}")),
        );
    };
    for port in &service.ports {
        if let Some(target) = port.target.value() {
            tell(*target, port.span, "publishes");
        }
    }
    if let Some(check) = &service.healthcheck
        && let Fact::Known(test) = &check.test
    {
        for port in local_ports(&test.value.join(" ")) {
            tell(port, test.span, "probes");
        }
    }
}

/// Every text that may tell the program its port; `None` where one of them is not known and may name any.
fn texts(service: &Service, file: &Dockerfile, plan: &Plan, shipped: usize) -> Option<Vec<String>> {
    let mut texts: Vec<String> = Vec::new();
    for index in plan.lineage(shipped) {
        let Some(stage) = plan.stages.get(index) else { continue };
        let instructions = file.instructions.get(stage.instructions.clone()).unwrap_or(&[]);
        for instruction in instructions {
            match &instruction.kind {
                Kind::Env(pairs) => texts.extend(pairs.iter().map(|pair| pair.value.value.clone())),
                Kind::Arg(arguments) => {
                    let values = arguments.iter().filter_map(|argument| argument.value.as_ref());
                    texts.extend(values.map(|value| value.value.clone()));
                }
                Kind::Cmd(command) | Kind::Entrypoint(command) => texts.push(command.text.text.clone()),
                Kind::Run(run) => texts.push(run.command.text.text.clone()),
                _ => {}
            }
        }
    }
    for variable in service.variables() {
        texts.push(variable.value.value()?.clone());
    }
    for words in [&service.command, &service.entrypoint] {
        match words {
            Fact::Known(words) => texts.extend(words.value.iter().cloned()),
            Fact::Absent => {}
            Fact::Unknown(_) => return None,
        }
    }
    Some(texts)
}

/// Whether an image is known to expose no port: a distribution or a language.
fn exposes_nothing(root: &Base, images: &Images) -> bool {
    match root {
        Base::Scratch => true,
        Base::Image(Fact::Known(name)) => {
            let image = images.get(&name.value);
            match image.exposed() {
                Some(ports) => ports.is_empty(),
                None => image.has_entrypoint() == Has::No || image.official() == Some("node"),
            }
        }
        _ => false,
    }
}

/// Where ASP.NET Core listened in images before .NET 8.
const OLD_DOTNET: i64 = 80;

/// The port that the variables of an image tell the program: that of ASP.NET Core from .NET 8 on (dotnet/dotnet-docker#5194).
fn default_port(root: &Base) -> Option<i64> {
    let Base::Image(Fact::Known(name)) = root else { return None };
    let image = ImageRef::parse(&name.value);
    let is_server = image.registry.as_deref() == Some("mcr.microsoft.com") && image.name == "dotnet/aspnet";
    let major = image.tag.as_deref()?.split('.').next()?.parse::<u32>().ok()?;
    (is_server && major >= 8).then_some(8080)
}

/// `8000`, `8000/tcp`, `8000-8010`.
fn covers(written: &str, port: i64) -> bool {
    let number = written.split('/').next().unwrap_or(written);
    match number.split_once('-') {
        None => number.parse() == Ok(port),
        Some((first, last)) => {
            let range = first.parse::<i64>().ok().zip(last.parse::<i64>().ok());
            range.is_none_or(|(first, last)| (first..=last).contains(&port))
        }
    }
}

/// Whether a text has the number, not as a part of a longer one.
fn names(text: &str, port: i64) -> bool {
    text.split(|character: char| !character.is_ascii_digit())
        .any(|number| number.parse() == Ok(port))
}

/// The ports that a line asks this container for: `localhost:8000`, `127.0.0.1:8000`.
fn local_ports(line: &str) -> Vec<i64> {
    let mut ports = Vec::new();
    for host in ["localhost:", "127.0.0.1:", "0.0.0.0:"] {
        for rest in line.split(host).skip(1) {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            ports.extend(digits.parse::<i64>().ok());
        }
    }
    ports
}
