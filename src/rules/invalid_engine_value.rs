use super::{Check, Group};
use crate::container::Decider;
use crate::fact::Fact;
use crate::finding::{Finding, Layer, Severity};
use crate::parse::yaml::Value;
use crate::repository::Subject;
use crate::resolve::compose::project::{Definition, Project};
use crate::resolve::compose::service::Service;
use crate::source::Span;
use crate::values::{engine, nearest};
use std::net::IpAddr;

rule! {
    /// A value that Compose takes and the engine refuses.
    ///
    /// ## Why it matters
    /// `docker compose config` accepts the file, and `up` fails: the container is not created, or does not start. So it is
    /// with signals, ulimits, CPU sets, DNS servers, hardware addresses, exposed ports, device rules, folders to work in, and
    /// the like.
    ///
    /// ## Fails
    /// ```yaml fail
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     stop_signal: SIGFOO  # <- here
    ///     working_dir: app  # <- here
    ///     dns: [dns.google]  # <- here
    ///     expose: ["80:80"]  # <- here
    ///     ulimits:
    ///       open_files: 1024  # <- here
    /// ```
    ///
    /// ## Passes
    /// ```yaml pass
    /// services:
    ///   api:
    ///     image: acme/api:1.4
    ///     stop_signal: SIGTERM
    ///     working_dir: /app
    ///     dns: [8.8.8.8]
    ///     expose: ["80"]
    ///     ulimits:
    ///       nofile: 1024
    /// ```
    RULE {
        name: "invalid-engine-value",
        group: Group::Start,
        layer: Layer::Engine,
        severity: Some(Severity::Error),
        aliases: &[],
        check: Check::Container(check),
    }
}

fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let decided = subject.user();
    if let (Decider::Stage, Some(user)) = (&decided.by, decided.value.sourced())
        && let Some(id) = bad_id(&user.value)
    {
        let message = format!("`{id}` of USER is out of range: {} does not start", subject.label());
        found.push(Finding::new(user.span, message).help(ID).aspect("USER"));
    }
    let Some(service) = subject.service() else { return };
    let mut values = Values { service, found };
    values.singles();
    values.lists();
    values.ulimits();
    values.extra_hosts();
    values.user();
    values.networks();
    if let Some(project) = subject.project() {
        values.shared_ipc(project);
        values.definitions(project);
    }
}

const ID: &str = "write a number from 0 to 2147483647";

/// The half of a user that is a number beyond all accounts.
fn bad_id(user: &str) -> Option<&str> {
    user.split(':').find(|id| engine::is_bad_id(id))
}

/// A test of a text, the words for what it is, and what to write.
type Row<'r> = (&'r [&'r str], fn(&str) -> bool, &'r str, &'r str);

const SINGLES: [Row<'static>; 9] = [
    (&["stop_signal"], engine::is_signal, "a signal", "write a name or a number: `SIGTERM`"),
    (&["cpuset"], engine::is_cpu_set, "a list of CPUs", "write numbers and ranges: `0-1` or `0,2`"),
    (&["mac_address"], engine::is_hardware_address, "a MAC address", "write six pairs of hex digits: `02:42:ac:11:00:02`"),
    (&["working_dir"], is_absolute, "an absolute path", "begin it with `/`"),
    (&["ipc"], is_ipc, "an IPC mode", "write none, private, shareable, host or service:NAME"),
    (&["hostname"], is_host_name, "at most 64 bytes long", "shorten it"),
    (&["runtime"], is_runtime, "the name of a runtime", "write the name that the engine's configuration has for it"),
    (&["platform"], engine::is_platform, "a platform", "write a system and an architecture: `linux/amd64`"),
    (&["mem_swappiness"], is_share, "a number from 0 to 100", "write a number from 0 to 100"),
];

const LISTS: [Row<'static>; 4] = [
    (&["dns"], is_address, "an IP address", "write the address of the server: `8.8.8.8`"),
    (&["expose"], engine::is_exposed_port, "a port", "write a container port: `\"80\"`; `ports` publishes"),
    (&["device_cgroup_rules"], engine::is_device_rule, "a device rule", "write kind, numbers and access: `c 1:3 rwm`"),
    (&["devices"], is_device, "a path of the host or a CDI device", "begin the path with `/`"),
];

fn is_absolute(text: &str) -> bool {
    text.starts_with('/')
}

/// The engine takes no path for a runtime (moby `daemon/runtime_unix.go`).
fn is_runtime(text: &str) -> bool {
    !text.contains('/')
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

fn is_host_name(text: &str) -> bool {
    text.len() <= 64
}

fn is_share(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|number| (-1..=100).contains(&number))
}

fn is_ipc(text: &str) -> bool {
    matches!(text, "none" | "private" | "shareable" | "host") || text.starts_with("service:") || text.starts_with("container:")
}

/// A path, or `vendor.com/class=name`.
fn is_device(text: &str) -> bool {
    text.starts_with('/') || text.contains('=')
}

struct Values<'a> {
    service: &'a Service,
    found: &'a mut Vec<Finding>,
}

impl Values<'_> {
    fn refused(&mut self, span: Span, key: &str, message: String, help: &str) {
        // These Compose itself reads, once it creates the container.
        let layer = match key {
            "dns" | "expose" | "mac_address" | "link_local_ips" | "secrets" | "configs" => Layer::Compose,
            _ => Layer::Engine,
        };
        let finding = Finding::new(span, message).help(help).layer(layer);
        self.found.push(finding.aspect(key));
    }

    fn row(&mut self, value: &Value, (path, fits, what, help): Row<'_>) {
        let Some(text) = value.scalar_text().filter(|text| !text.is_empty() && !fits(text)) else {
            return;
        };
        let key = path.join(".");
        let message = format!("`{key}` of `{}` is `{text}`, which is not {what}", self.service.name.value);
        self.refused(value.span, &key, message, help);
    }

    fn singles(&mut self) {
        for row in SINGLES {
            if let Some(value) = self.service.written(row.0) {
                self.row(value, row);
            }
        }
    }

    fn lists(&mut self) {
        for row in LISTS {
            for item in self.service.written(row.0).and_then(Value::seq).unwrap_or(&[]) {
                match item.get("source") {
                    Some(source) => self.row(source, row),
                    None => self.row(item, row),
                }
            }
        }
    }

    fn ulimits(&mut self) {
        for limit in &self.service.ulimits {
            let name = &limit.name;
            let lower = name.value.to_ascii_lowercase();
            if engine::ULIMITS.contains(&lower.as_str()) {
                continue;
            }
            let message = format!("`{}` of `{}` is not a ulimit", name.value, self.service.name.value);
            let meant = match lower.trim_start_matches("rlimit_") {
                "open_files" | "openfiles" | "files" => Some("nofile"),
                "processes" | "procs" | "max_user_processes" => Some("nproc"),
                word => nearest(word, engine::ULIMITS),
            };
            let help = match meant {
                Some(meant) => format!("write `{meant}`"),
                None => format!("use one of {}", engine::ULIMITS.join(", ")),
            };
            self.refused(name.span, "ulimits", message, &help);
        }
    }

    fn extra_hosts(&mut self) {
        for item in self.service.written(&["extra_hosts"]).and_then(Value::seq).unwrap_or(&[]) {
            let Some((host, address)) = item.str().and_then(|text| text.split_once(['=', ':'])) else {
                continue;
            };
            let bare = address.trim_start_matches('[').trim_end_matches(']');
            // The engine puts its own address in for the last one.
            if address.is_empty() || is_address(bare) || address == "host-gateway" {
                continue;
            }
            let message = format!("`{address}` of the extra host `{host}` is not an IP address");
            let help = "write an address, or `host-gateway` for the host itself";
            self.refused(item.span, "extra_hosts", message, help);
            // `CHANGE_ME`: whoever uses the file writes one.
            let is_to_be_set = address.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
            if let Some(last) = self.found.last_mut().filter(|_| is_to_be_set) {
                last.severity = Some(Severity::Note);
            }
        }
        for variable in self.service.environment.iter().filter(|variable| variable.name.is_empty()) {
            let message = format!("`{}` sets a variable without a name", self.service.name.value);
            self.refused(variable.span, "environment", message, "write NAME=value");
        }
    }

    fn user(&mut self) {
        let Some(user) = self.service.user.sourced() else { return };
        if let Some(id) = bad_id(&user.value) {
            let message = format!("`{id}` of `user` is out of range");
            self.refused(user.span, "user", message, ID);
        }
    }

    /// Since engine 20.10 a container keeps its IPC namespace to itself unless it says otherwise.
    fn shared_ipc(&mut self, project: &Project) {
        let Some(mode) = self.service.ipc.sourced() else { return };
        let owner = mode.value.strip_prefix("service:").and_then(|name| project.service(name));
        let Some(owner) = owner.filter(|owner| !owner.is_partial()) else { return };
        let keeps_it = match &owner.ipc {
            Fact::Absent => true,
            Fact::Known(mode) => matches!(mode.value.as_str(), "" | "private" | "none"),
            Fact::Unknown(_) => false,
        };
        if keeps_it {
            let (name, owner) = (&self.service.name.value, &owner.name);
            let message = format!("`{name}` joins the IPC namespace of `{}`, which does not share it", owner.value);
            let finding = Finding::new(mode.span, message).help(format!("set `ipc: shareable` on `{}`", owner.value));
            let finding = finding.related(owner.span, "the service that owns it").aspect("ipc");
            self.found.push(finding.raised("2026.12"));
        }
    }

    fn networks(&mut self) {
        let service = self.service;
        for (_, entry) in service.written(&["networks"]).and_then(Value::map).into_iter().flatten() {
            if let Some(value) = entry.value.get("mac_address") {
                let help = "write six pairs of hex digits: `02:42:ac:11:00:02`";
                self.row(value, (&["mac_address"], engine::is_hardware_address, "a MAC address", help));
            }
            let local = entry.value.get("link_local_ips").and_then(Value::seq);
            for item in local.unwrap_or(&[]) {
                self.row(item, (&["link_local_ips"], is_address, "an IP address", "write an address"));
            }
        }
    }

    /// What the service uses of the top of the file.
    fn definitions(&mut self, project: &Project) {
        let service = self.service;
        let find = |all: &'static str, name: &str| match all {
            "networks" => project.network(name),
            "volumes" => project.volume(name),
            "secrets" => project.secret(name),
            _ => project.config(name),
        };
        for name in &service.networks {
            if let Some(driver) = find("networks", &name.value).and_then(|network| network.raw.get("driver"))
                && driver.str() == Some("host")
            {
                let message = format!("cannot create `{}`: the engine has only one network with the driver `host`", name.value);
                self.refused(driver.span, "networks", message, "set `network_mode: host` on the service");
            }
        }
        for source in service.volumes.iter().filter_map(|mount| mount.source.value()) {
            if let Some(volume) = find("volumes", source) {
                self.volume(volume);
            }
        }
        for (all, used) in [("secrets", &service.secrets), ("configs", &service.configs)] {
            for name in used {
                let Some(definition) = find(all, &name.value) else { continue };
                for key in ["driver", "template_driver"] {
                    if let Some(entry) = definition.raw.entry(key) {
                        let message = format!("`{key}` of `{}` requires Swarm; Compose refuses it", name.value);
                        self.refused(entry.key, all, message, &format!("remove `{key}`"));
                    }
                }
            }
        }
    }

    /// Options and names of the driver `local` (moby `volume/local`).
    fn volume(&mut self, volume: &Definition) {
        let name = &volume.name.value;
        let raw = &volume.raw;
        let is_local = raw.get("driver").is_none_or(|driver| matches!(driver.str(), Some("local" | "")));
        if !is_local || raw.get("external").is_some() {
            return;
        }
        if let Some(own) = raw.get("name")
            && let Some(text) = own.str().filter(|text| !text.is_empty())
        {
            let starts = text.starts_with(|first: char| first.is_ascii_alphanumeric());
            let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
            if !starts || !fits || text.len() < 2 {
                let message = format!("the engine refuses the volume name `{text}`");
                self.refused(own.span, "volumes", message, "use use two or more letters, digits, `_`, `.` and `-`");
            }
        }
        let options = raw.get("driver_opts").and_then(Value::map);
        let Some(options) = options.filter(|options| !options.is_empty()) else {
            return;
        };
        for (key, entry) in options {
            if !matches!(key.as_str(), "type" | "o" | "device" | "size") {
                let message = format!("`{key}` of the volume `{name}` is not an option of the driver `local`");
                let help = "use type, o, device and size; put mount options into `o`";
                self.refused(entry.key, "volumes", message, help);
                return;
            }
        }
        // Without a file system to mount the three mean nothing to it, and one of them needs the others.
        let has = |key: &str| options.contains_key(key);
        if !has("device") && (has("type") || has("o")) {
            let message = format!("the volume `{name}` has mount options but no `device`; the engine refuses it");
            let place = options.values().next().map_or(volume.name.span, |entry| entry.key);
            self.refused(place, "volumes", message, "set `device`: the path, share or `tmpfs` to mount");
        }
    }
}
