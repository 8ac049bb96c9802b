//! Collects the settings of a container, group by group.

use super::{Setting, Settings, State, Value};
use crate::container::start::Effective;
use crate::container::{Decided, Decider, ImageSource};
use crate::fact::Fact;
use crate::redact::Secrets;
use crate::resolve::compose::service::{Logging, Mount, Port, Service, Tmpfs, Ulimit};
use crate::source::{Span, Spanned};

pub(super) struct Collector<'a> {
    pub secrets: &'a Secrets,
    pub settings: Settings,
}

impl Collector<'_> {
    fn text(&self, text: &str) -> Value {
        Value::Text(self.secrets.mask(text).into_owned())
    }

    fn texts<'t>(&self, texts: impl IntoIterator<Item = &'t String>) -> Value {
        Value::List(texts.into_iter().map(|text| self.text(text)).collect())
    }

    fn push(&mut self, name: &str, value: Option<Value>, state: State, span: Span) {
        self.settings.known.push(Setting {
            group: None,
            name: name.to_owned(),
            value,
            state,
            span,
            by: None,
            reason: None,
        });
    }

    /// A setting of the Compose file.
    fn fact<T>(&mut self, name: &str, fact: &Fact<T>, value: impl Fn(&Self, &T) -> Value) {
        let Some(span) = fact.span() else { return };
        let known = fact.value().map(|known| value(self, known));
        self.push(name, known, State::of(fact), span);
        if let (Fact::Unknown(unknown), Some(setting)) = (fact, self.settings.known.last_mut()) {
            setting.reason = Some(self.secrets.mask(&unknown.reason).into_owned());
        }
    }

    /// A setting that the image can decide as well.
    fn decided<T>(
        &mut self,
        group: Option<&'static str>,
        name: &'static str,
        decided: &Decided<T>,
        value: impl Fn(&Self, &T) -> Value,
    ) {
        let is_of_image = matches!(decided.by, Decider::Base(_) | Decider::Unknown);
        if is_of_image && matches!(decided.value, Fact::Unknown(_)) {
            let name = group.unwrap_or(name);
            if !self.settings.unknown.contains(&name) {
                self.settings.unknown.push(name);
            }
            return;
        }
        let before = self.settings.known.len();
        self.fact(name, &decided.value, value);
        if let Some(setting) = self.settings.known.get_mut(before) {
            setting.group = group;
            setting.by = Some(decided.by.clone());
        }
    }

    /// A list of which each entry may be unknown.
    fn facts(&mut self, name: &str, facts: &[Fact<String>]) {
        let Some(span) = facts.iter().find_map(Fact::span) else {
            return;
        };
        let known = self.texts(facts.iter().filter_map(Fact::value));
        let state = match facts.iter().any(|fact| matches!(fact, Fact::Unknown(_))) {
            true => State::Unknown,
            false => State::Known,
        };
        self.push(name, Some(known), state, span);
    }

    /// A list that is written down, with the place of its first entry.
    fn list<T>(&mut self, name: &str, items: &[T], span: fn(&T) -> Span, value: impl Fn(&Self, &T) -> Value) {
        if let Some(first) = items.first() {
            let values = items.iter().map(|item| value(self, item)).collect();
            self.push(name, Some(Value::List(values)), State::Known, span(first));
        }
    }

    pub(super) fn image(&mut self, image: &ImageSource) {
        match image {
            ImageSource::Named(name) => self.fact("image_name", &Fact::Known(name.clone()), |own, text| own.text(text)),
            ImageSource::Unknown(unknown) => {
                self.fact("image_name", &Fact::<String>::Unknown(unknown.clone()), |own, text| {
                    own.text(text)
                });
            }
            ImageSource::Built { file, plan } => {
                let Some(stage) = plan.shipped() else { return };
                // Places are shown as they are.
                let path = Value::Text(file.path.clone());
                self.push("dockerfile", Some(path), State::Known, stage.from);
                if let Some(name) = &stage.name {
                    self.push("stage", Some(self.text(&name.value)), State::Known, name.span);
                }
            }
            ImageSource::None => {}
        }
    }

    /// What the engine starts: the merge of the image's configuration and Compose's.
    pub(super) fn merged(&mut self, effective: &Effective) {
        let words = |own: &Self, words: &Vec<String>| own.texts(words);
        let text = |own: &Self, text: &String| own.text(text);
        self.decided(None, "user", &effective.user, text);
        self.decided(None, "entrypoint", &effective.entrypoint, words);
        self.decided(None, "command", &effective.command, words);
        self.decided(None, "workdir", &effective.workdir, text);
        self.decided(None, "stop_signal", &effective.stop_signal, text);
        let health = &effective.health;
        let group = Some("healthcheck");
        self.decided(group, "test", &health.test, words);
        for (name, time) in [
            ("interval_ns", &health.interval),
            ("timeout_ns", &health.timeout),
            ("start_period_ns", &health.start_period),
            ("start_interval_ns", &health.start_interval),
        ] {
            self.decided(group, name, time, |_, time| Value::Time(*time));
        }
        self.decided(group, "retries", &health.retries, |_, count| Value::Number(*count));
        for (name, (variable, span)) in &effective.environment {
            // Whatever it holds stays here.
            self.push(name, None, State::of(&variable.value), *span);
            if let Some(setting) = self.settings.known.last_mut() {
                setting.group = Some("environment");
                setting.by = Some(variable.by.clone());
            }
        }
        self.list(
            "exposed_ports",
            &effective.exposed,
            |(port, _)| port.span,
            |own, (port, _)| own.text(&port.value),
        );
        self.list(
            "image_volumes",
            &effective.image_volumes,
            |path| path.span,
            |own, path| own.text(&path.value),
        );
    }

    pub(super) fn limits(&mut self, service: &Service) {
        let bytes = |_: &Self, bytes: &i64| Value::Bytes(*bytes);
        let number = |_: &Self, number: &i64| Value::Number(*number);
        self.fact("memory", &service.memory, bytes);
        self.fact("memory_reservation", &service.memory_reservation, bytes);
        self.fact("swap", &service.swap, bytes);
        self.fact("cpus", &service.cpus, |_, cpus| Value::Fraction(*cpus));
        self.fact("cpu_quota", &service.cpu_quota, number);
        self.fact("cpu_period", &service.cpu_period, number);
        self.fact("cpu_shares", &service.cpu_shares, number);
        self.fact("pids", &service.pids, |_, pids| match *pids {
            pids if pids > 0 => Value::Number(pids),
            _ => Value::Unlimited,
        });
        self.fact("shm_size", &service.shm_size, bytes);
        self.list("tmpfs", &service.tmpfs, |mount| mount.span, Self::tmpfs);
        if let Some(first) = service.ulimits.first() {
            let limits = service.ulimits.iter().map(ulimit).collect();
            self.push("ulimits", Some(Value::Parts(limits)), State::Known, first.name.span);
        }
        self.fact("replicas", &service.replicas, number);
    }

    pub(super) fn permissions(&mut self, service: &Service) {
        let flag = |_: &Self, flag: &bool| Value::Flag(*flag);
        let text = |own: &Self, text: &String| own.text(text);
        self.fact("privileged", &service.privileged, flag);
        self.fact("read_only", &service.read_only, flag);
        self.facts("cap_add", &service.cap_add);
        self.facts("cap_drop", &service.cap_drop);
        self.facts("security_opt", &service.security_opt);
        self.fact("network_mode", &service.network_mode, text);
        self.fact("pid", &service.pid, text);
        self.fact("ipc", &service.ipc, text);
        self.fact("userns_mode", &service.userns_mode, text);
    }

    pub(super) fn surroundings(&mut self, service: &Service) {
        self.list("ports", &service.ports, |port| port.span, Self::port);
        self.list("volumes", &service.volumes, |mount| mount.span, Self::mount);
        self.facts("devices", &service.devices);
        let name = |own: &Self, name: &Spanned<String>| own.text(&name.value);
        self.list("networks", &service.networks, |network| network.span, name);
        if let (false, Some(setting)) = (service.networks_written, self.settings.known.last_mut())
            && setting.name == "networks"
        {
            setting.state = State::EngineDefault;
        }
        self.fact("restart", &service.restart, |own, text| own.text(text));
        if let Some(logging) = &service.logging {
            self.push("logging", Some(self.logging(logging)), State::Known, logging.span);
        }
        self.list("profiles", &service.profiles, |profile| profile.span, name);
    }

    fn tmpfs(&self, mount: &Tmpfs) -> Value {
        let size = mount.size.value().map(|size| Value::Bytes(*size));
        let options = (!mount.options.is_empty()).then(|| self.texts(&mount.options));
        parts([
            ("target", Some(self.text(&mount.target))),
            ("size", size),
            ("options", options),
        ])
    }

    fn port(&self, port: &Port) -> Value {
        parts([
            ("host_ip", port.host_ip.value().map(|address| self.text(address))),
            ("published", port.published.value().map(|port| self.text(port))),
            ("target", port.target.value().map(|port| Value::Number(*port))),
            ("protocol", Some(self.text(&port.protocol))),
        ])
    }

    fn mount(&self, mount: &Mount) -> Value {
        parts([
            ("type", mount.kind.value().map(|kind| self.text(kind))),
            ("source", mount.source.value().map(|source| self.text(source))),
            ("target", mount.target.value().map(|target| self.text(target))),
            ("read_only", mount.read_only.value().map(|flag| Value::Flag(*flag))),
        ])
    }

    fn logging(&self, logging: &Logging) -> Value {
        let options = logging.options.iter().filter_map(|(name, value)| {
            let value = self.text(value.value()?);
            Some((name.clone(), value))
        });
        let options: Vec<(String, Value)> = options.collect();
        parts([
            ("driver", logging.driver.value().map(|driver| self.text(driver))),
            ("options", (!options.is_empty()).then_some(Value::Parts(options))),
        ])
    }
}

fn parts<const N: usize>(parts: [(&str, Option<Value>); N]) -> Value {
    let set = parts
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Parts(set.collect())
}

fn ulimit(limit: &Ulimit) -> (String, Value) {
    let number = |fact: &Fact<i64>| fact.value().map(|number| Value::Number(*number));
    let value = parts([("soft", number(&limit.soft)), ("hard", number(&limit.hard))]);
    (limit.name.value.clone(), value)
}
