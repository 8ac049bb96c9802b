use super::frame::Frame;
use super::record::Line;
use super::suggest::{Resource, Silence, is_oversized, limit, rounded};
use super::*;

const MIB: u64 = 1 << 20;

/// A frame of an engine 20.10 on control groups v1, as `GET /containers/ID/stats` gave it here, with figures that tell them apart.
const V1: &str = r#"{"read":"2026-11-29T18:47:59.148562493Z","preread":"2026-11-29T18:47:58.136758601Z","pids_stats":{"current":4},
"blkio_stats":{"io_service_bytes_recursive":[{"major":8,"minor":0,"op":"Read","value":4096},{"major":8,"minor":0,"op":"Write","value":8192},
{"major":8,"minor":0,"op":"Sync","value":12288},{"major":8,"minor":0,"op":"Async","value":0},{"major":8,"minor":0,"op":"Total","value":12288}]},
"cpu_stats":{"cpu_usage":{"total_usage":309947504,"percpu_usage":[1,2]},"system_cpu_usage":6433150000000,"online_cpus":2,
"throttling_data":{"periods":40,"throttled_periods":10,"throttled_time":7}},
"memory_stats":{"usage":142000000,"max_usage":150000000,"limit":25276059648,"stats":{"inactive_file":1,"total_inactive_file":40000000,
"total_active_anon":30000000,"total_inactive_anon":2000000,"total_unevictable":0,"cache":99}},
"networks":{"eth0":{"rx_bytes":100,"tx_bytes":7},"eth1":{"rx_bytes":20,"tx_bytes":3}}}"#;

/// The same of control groups v2, by the Engine API's documentation (docs.docker.com/reference/api/engine, ContainerStats): neither
/// `max_usage` nor `percpu_usage`, operations in lower case, and keys of `memory.stat`. Not taken from a host: none was to be had.
const V2: &str = r#"{"read":"2026-11-29T18:47:59.148562493Z","pids_stats":{"current":4,"limit":20},
"blkio_stats":{"io_service_bytes_recursive":[{"major":8,"minor":0,"op":"read","value":4096},{"major":8,"minor":0,"op":"write","value":8192}],
"io_serviced_recursive":null},"cpu_stats":{"cpu_usage":{"total_usage":309947504},"system_cpu_usage":6433150000000,"online_cpus":2,
"throttling_data":{"periods":40,"throttled_periods":10,"throttled_time":7}},
"memory_stats":{"usage":142000000,"limit":25276059648,"stats":{"anon":30000000,"shmem":2000000,"inactive_file":40000000,"file":70000000}},
"networks":{"eth0":{"rx_bytes":120,"tx_bytes":10}}}"#;

fn frame(text: &str) -> Option<Sample> {
    serde_json::from_str::<Frame>(text).unwrap().sample()
}

#[test]
fn both_control_groups_tell_the_same() {
    let expected = Sample {
        at: 1_795_978_079_148,
        cpu: Some(309_947_504),
        cores: None,
        memory: Some(102_000_000),
        floor: Some(32_000_000),
        pids: Some(4),
        received: Some(120),
        sent: Some(10),
        read: Some(4096),
        written: Some(8192),
        periods: Some(40),
        throttled: Some(10),
    };
    assert_eq!(frame(V1), Some(expected));
    assert_eq!(frame(V2), Some(expected));
}

#[test]
fn a_container_that_does_not_run_has_no_sample() {
    let stopped = r#"{"read":"0001-01-01T00:00:00Z","pids_stats":{},"memory_stats":{},"cpu_stats":{"cpu_usage":{"total_usage":0}}}"#;
    assert_eq!(frame(stopped), None);
    assert_eq!(frame("{}"), None);
    // Without a network, and with lists that are null.
    let bare = r#"{"read":"2026-11-29T18:47:59Z","memory_stats":{"usage":5},"networks":null,"blkio_stats":{"io_service_bytes_recursive":null}}"#;
    let sample = frame(bare).unwrap();
    assert_eq!((sample.memory, sample.received, sample.read), (Some(5), None, None));
}

#[test]
fn times_are_those_of_the_engine() {
    for (text, millis) in [
        ("1970-01-01T00:00:00Z", Some(0)),
        ("2000-02-29T23:59:59.5Z", Some(951_868_799_500)),
        ("2026-11-29T18:47:59.148562493Z", Some(1_795_978_079_148)),
        ("2026-11-29T20:47:59.148+02:00", Some(1_795_978_079_148)),
        ("2026-11-29T13:17:59.148-05:30", Some(1_795_978_079_148)),
        ("0001-01-01T00:00:00Z", None),
        ("2026-13-29T18:47:59Z", None),
        ("2026-11-29", None),
        ("2026-11-29T18:47:59", None),
        ("2026-11-29T18:47:59+99:00", None),
        ("\u{e9}026-11-29T18:47:59Z", None),
        ("", None),
    ] {
        assert_eq!(time::millis(text), millis, "{text}");
    }
}

/// A container with a sample a second: cores and MiB.
fn seen(rows: &[(f64, u64)]) -> Seen {
    let mut cpu = 0.0;
    let samples = rows.iter().enumerate().map(|(index, (cores, mib))| {
        cpu += cores * 1e9;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let cpu = cpu as u64;
        Sample {
            at: 1_000_000 + index as u64 * 1000,
            cpu: Some(cpu),
            memory: Some(mib * MIB),
            pids: Some(3),
            ..Sample::default()
        }
    });
    Seen {
        id: "c1".to_owned(),
        name: "shop-api-1".to_owned(),
        samples: samples.collect(),
        ..Seen::default()
    }
}

#[test]
fn figures_are_made_of_differences() {
    let figures = Figures::of(&seen(&[(9.0, 10), (0.5, 20), (1.0, 30), (0.0, 20)]));
    assert_eq!((figures.samples, figures.seconds), (4, 3.0));
    let cpu = figures.cpu.unwrap();
    // What was used before the first sample is no rate.
    assert!(
        (cpu.mean - 0.5).abs() < 1e-9 && (cpu.peak - 1.0).abs() < 1e-9,
        "{cpu:?}"
    );
    let memory = figures.memory.unwrap();
    assert!((memory.mean - 20.0 * 1_048_576.0).abs() < 1.0 && (memory.peak - 30.0 * 1_048_576.0).abs() < 1.0);
    assert_eq!(figures.rest, None, "three seconds are no rest");
}

#[test]
fn a_restart_is_no_rate_and_a_counter_goes_on() {
    let mut one = seen(&[(0.5, 10), (0.5, 10)]);
    let mut again = seen(&[(0.25, 10), (0.25, 10)]).samples;
    for sample in &mut again {
        sample.at += 5000;
    }
    one.samples.extend(again);
    for (sample, received) in one.samples.iter_mut().zip([100, 150, 20, 60]) {
        sample.received = Some(received);
    }
    let figures = Figures::of(&one);
    let cpu = figures.cpu.unwrap();
    assert!(
        (cpu.peak - 0.5).abs() < 1e-9 && (cpu.mean - 0.375).abs() < 1e-9,
        "{cpu:?}"
    );
    assert_eq!(figures.received, Some(110.0));
}

#[test]
fn the_quietest_stretch_is_found_and_no_gap_is_in_it() {
    let mut rows = vec![(0.8, 100); 15];
    rows.extend([(0.1, 50); 11]);
    rows.extend([(0.9, 100); 5]);
    let rest = Figures::of(&seen(&rows)).rest.unwrap();
    assert!((rest.cpu - 0.1).abs() < 1e-6, "{rest:?}");
    assert_eq!(rest.memory, Some(50.0 * 1_048_576.0));
    // With a restart in it there is no such stretch.
    let mut broken = seen(&rows);
    broken.samples[20].cpu = Some(0);
    let rest = Figures::of(&broken).rest.unwrap();
    assert!(rest.cpu > 0.3, "{rest:?}");
}

#[test]
fn the_longest_start_counts_and_a_dead_one_does_not() {
    let event = |at, kind| Event { at, kind };
    let mut one = seen(&[]);
    one.events = vec![
        event(1000, EventKind::Start),
        event(1500, EventKind::Exit(1)),
        event(2000, EventKind::Start),
        event(5000, EventKind::Healthy),
        event(6000, EventKind::Unhealthy),
        event(9000, EventKind::Healthy),
        event(9500, EventKind::Exit(137)),
        event(10_000, EventKind::Start),
        event(11_000, EventKind::Healthy),
        event(12_000, EventKind::Oom),
    ];
    let figures = Figures::of(&one);
    assert_eq!(figures.healthy_after, Some(3.0));
    assert_eq!((figures.restarts, figures.ooms, figures.failures), (2, 1, 2));
}

#[test]
fn probes_are_told_without_the_start_of_their_program() {
    let mut one = seen(&[]);
    let probe = |seconds, code| Probe { at: 1, seconds, code };
    one.probes = vec![probe(0.1, 0), probe(0.3, 0), probe(9.0, 1), probe(0.2, 0)];
    let probes = Figures::of(&one).probe.unwrap();
    assert_eq!((probes.count, probes.median, probes.response()), (3, 0.2, None));
    one.exec = Some(0.15);
    let probes = Figures::of(&one).probe.unwrap();
    assert!((probes.response().unwrap() - 0.05).abs() < 1e-9);
}

#[test]
fn what_is_written_is_what_is_read() {
    let mut one = seen(&[(0.1, 10), (0.2, 11)]);
    one.service = Some("api".to_owned());
    one.image = Some("acme/api:1".to_owned());
    one.digests = vec!["sha256:1".to_owned()];
    one.limits = Some(Limits {
        memory: Some(64 * MIB),
        cpus: Some(0.5),
        pids: None,
    });
    let kinds = [
        EventKind::Start,
        EventKind::Healthy,
        EventKind::Unhealthy,
        EventKind::Oom,
        EventKind::Exit(3),
        EventKind::Removed,
    ];
    one.events = kinds
        .into_iter()
        .enumerate()
        .map(|(at, kind)| Event { at: at as u64, kind })
        .collect();
    one.probes = vec![Probe {
        at: 5,
        seconds: 0.25,
        code: 0,
    }];
    one.exec = Some(0.08);
    let mut text = Line::head(1.0, true).text() + &Line::container(&one).text();
    text.extend(one.samples.iter().map(|sample| Line::sample("c1", sample).text()));
    text.extend(one.events.iter().map(|event| Line::event("c1", event).text()));
    text.extend(one.probes.iter().map(|probe| Line::probe("c1", probe).text()));
    text.push_str(&Line::exec("c1", 0.08).text());
    let recording = read(&text).unwrap();
    assert_eq!(
        recording,
        Recording {
            at_rest: true,
            containers: vec![one]
        }
    );
    // Whoever wrote it was stopped in the middle of a line: what is whole counts.
    let cut = read(&text[..text.len() - 5]).unwrap();
    assert_eq!(cut.containers[0].exec, None);
    assert_eq!(cut.containers[0].samples.len(), 2);
}

#[test]
fn what_is_no_record_is_refused_with_its_line() {
    let head = "{\"plimsoll_usage\":1}\n";
    for (text, why) in [
        (String::new(), "it is empty"),
        ("\n\n".to_owned(), "it is empty"),
        ("services:\n".to_owned(), "line 1: it starts neither like"),
        ("{\"a\":1}\n".to_owned(), "line 1: it starts neither like"),
        ("{\"plimsoll_usage\":9}\n".to_owned(), "line 1: the record has format 9"),
        (format!("{head}nonsense\n"), "line 2: it is no line of a record"),
        (
            format!("{head}{{\"of\":\"x\",\"t\":1}}\n"),
            "line 2: it is about a container that no line",
        ),
        (
            format!("{head}{{\"container\":\"x\"}}\n{{\"of\":\"x\"}}\n"),
            "line 3: it has no time",
        ),
        (
            format!("{head}{{\"container\":\"x\"}}\n{{\"of\":\"x\",\"t\":1,\"probe\":-1}}\n"),
            "line 3: its time is no number",
        ),
        (
            format!("{head}{{\"container\":\"x\"}}\n{{\"of\":\"x\",\"t\":-1}}\n"),
            "line 3: it is no line",
        ),
        (
            format!("{head}{{\"container\":\"x\",\"limits\":{{\"cpus\":-1}}}}\n"),
            "line 2: its limit of CPUs",
        ),
        (
            format!("{head}{{\"container\":\"{}\"}}\n", "x".repeat(400)),
            "line 2: the container has no name",
        ),
        (
            format!("{head}{}\n", "x".repeat(70_000)),
            "line 2: it is longer than 64 KiB",
        ),
        ("1764441000\nmemory\n".to_owned(), "line 2: it is neither a time nor"),
        (
            "{\"CPUPerc\":\"1%\"}\n".to_owned(),
            "line 1: it is no line of `docker stats",
        ),
    ] {
        let said = read(&text).unwrap_err().to_string();
        assert!(said.starts_with(why), "{text:.60}: {said}");
    }
    let many: String = (0..1001)
        .map(|number| format!("{{\"container\":\"c{number}\"}}\n"))
        .collect();
    assert!(
        read(&format!("{head}{many}"))
            .unwrap_err()
            .to_string()
            .contains("more than 1000")
    );
    // What a later version adds is left out, a clock that goes back as well.
    let later = format!(
        "{head}{{\"gpu\":1}}\n{{\"container\":\"x\"}}\n{{\"of\":\"x\",\"t\":5}}\n{{\"of\":\"x\",\"t\":4}}\n{{\"of\":\"x\",\"t\":6,\"event\":\"thaw\"}}\n"
    );
    let seen = &read(&later).unwrap().containers[0];
    assert_eq!((seen.samples.len(), seen.events.len()), (1, 0));
}

#[test]
fn lines_of_docker_stats_are_samples() {
    let row = |name: &str, cpu: &str, memory: &str| {
        format!(
            "{{\"BlockIO\":\"4.1kB / 0B\",\"CPUPerc\":\"{cpu}\",\"Container\":\"{name}\",\"ID\":\"{name}-id\",\"MemPerc\":\"0.02%\",\
             \"MemUsage\":\"{memory} / 23.54GiB\",\"Name\":\"{name}\",\"NetIO\":\"1.2kB / 7B\",\"PIDs\":\"3\"}}\n"
        )
    };
    let text = format!(
        "\x1b[2J\x1b[H{}{}\x1b[H{}{}{}",
        row("shop-api-1", "12.50%", "4.5MiB"),
        row("shop-db-1", "0.00%", "1GiB"),
        row("shop-api-1", "37.50%", "5.5MiB"),
        row("shop-db-1", "1.00%", "1GiB"),
        row("shop-gone-1", "--", "-- ")
    );
    let recording = read(&text).unwrap();
    let api = recording.of_service("api", None);
    let figures = Figures::of(api[0]);
    assert_eq!((figures.samples, figures.seconds), (2, 1.0));
    let cpu = figures.cpu.unwrap();
    assert!(
        (cpu.mean - 0.25).abs() < 1e-9 && (cpu.peak - 0.375).abs() < 1e-9,
        "{cpu:?}"
    );
    assert_eq!(figures.memory.unwrap().peak, 5.5 * 1_048_576.0);
    assert_eq!(figures.pids.unwrap().peak, 3.0);
    assert_eq!(recording.of_service("db", None).len(), 1);
    assert!(recording.of_service("gone", None)[0].samples.is_empty());
}

/// Files of `kernel.org/doc/html/latest/admin-guide/cgroup-v2.html`, with the keys that it names.
#[test]
fn files_of_control_groups_are_samples() {
    let second = |time: &str, usage: u64| {
        format!(
            "{time}\ng/cpu.max:50000 100000\ng/cpu.stat:usage_usec {usage}\ng/cpu.stat:nr_periods 10\ng/cpu.stat:nr_throttled 1\n\
             g/io.stat:8:0 rbytes=10 wbytes=20 rios=1\ng/io.stat:8:16 rbytes=1 wbytes=2\ng/memory.current:1000\ng/memory.max:max\n\
             g/memory.stat:anon 300\ng/memory.stat:inactive_file 400\ng/memory.stat:shmem 50\ng/pids.current:7\ng/pids.max:20\n"
        )
    };
    let text = second("1764441000.500", 1_000_000) + &second("1764441002.5", 2_000_000);
    let recording = read(&text).unwrap();
    let seen = &recording.containers[0];
    let limits = Limits {
        memory: None,
        cpus: Some(0.5),
        pids: Some(20),
    };
    assert_eq!((seen.name.as_str(), seen.limits), ("g", Some(limits)));
    let last = seen.samples[1];
    assert_eq!((last.memory, last.floor, last.pids), (Some(600), Some(350), Some(7)));
    assert_eq!((last.read, last.written), (Some(11), Some(22)));
    assert!((Figures::of(seen).cpu.unwrap().mean - 0.5).abs() < 1e-9);

    // Version 1: the sum of the groups below counts, and it is told before the usage.
    let text = "1764441000.1\ncpu.cfs_period_us:100000\ncpu.cfs_quota_us:25000\ncpuacct.usage:5\nmemory.limit_in_bytes:9223372036854771712\n\
                memory.stat:inactive_file 1\nmemory.stat:total_inactive_file 400\nmemory.stat:total_active_anon 30\n\
                memory.usage_in_bytes:1000\nblkio.throttle.io_service_bytes:8:0 Read 5\nblkio.throttle.io_service_bytes:8:0 Total 9\n";
    let recording = read(text).unwrap();
    let seen = &recording.containers[0];
    assert_eq!(
        seen.limits,
        Some(Limits {
            memory: None,
            cpus: Some(0.25),
            pids: None
        })
    );
    assert_eq!(
        (seen.samples[0].memory, seen.samples[0].floor, seen.samples[0].read),
        (Some(600), Some(30), Some(5))
    );
}

#[test]
fn names_of_compose_tell_the_service() {
    for (name, service, expected) in [
        ("shop-api-1", "api", true),
        ("shop_api_12", "api", true),
        ("api", "api", true),
        ("my-shop-web-api-1", "web-api", true),
        ("shop-api-1", "pi", false),
        ("api-1", "api", false),
        ("shop-api-x", "api", false),
        ("shop-api-", "api", false),
    ] {
        let seen = Seen {
            name: name.to_owned(),
            ..Seen::default()
        };
        assert_eq!(seen.is_of(service), expected, "{name} {service}");
    }
    let labelled = Seen {
        name: "shop-api-1".to_owned(),
        service: Some("web".to_owned()),
        ..Seen::default()
    };
    assert!(labelled.is_of("web") && !labelled.is_of("api"));
}

#[test]
fn limits_are_suggested_from_enough_and_what_is_held_down_says_nothing() {
    let rows: Vec<(f64, u64)> = (0..40).map(|index| (0.1, if index == 20 { 50 } else { 40 })).collect();
    let figures = Figures::of(&seen(&rows));
    let of = |resource, then, budget| limit(resource, &figures, then, budget);
    let mib = |count: f64| count * 1_048_576.0;
    assert_eq!(of(Resource::Memory, None, None).unwrap().value, mib(60.0));
    assert_eq!(of(Resource::Cpus, None, None).unwrap().value, 0.12);
    assert_eq!(of(Resource::Pids, None, None).unwrap().value, 10.0);
    let clamped = of(Resource::Memory, None, Some(mib(56.0))).unwrap();
    assert_eq!((clamped.value, clamped.wanted), (mib(56.0), Some(mib(60.0))));
    let tight = Limits {
        memory: Some(51 * MIB),
        cpus: Some(0.1),
        pids: Some(3),
    };
    assert_eq!(of(Resource::Memory, Some(tight), None), Err(Silence::AtLimit));
    assert_eq!(of(Resource::Pids, Some(tight), None), Err(Silence::AtLimit));
    let short = Figures::of(&seen(&rows[..15]));
    assert_eq!(limit(Resource::Memory, &short, None, None), Err(Silence::TooLittle));
    let throttled = Figures {
        throttled: Some(0.5),
        ..figures
    };
    assert_eq!(limit(Resource::Cpus, &throttled, None, None), Err(Silence::AtLimit));
    let killed = Figures { ooms: 1, ..figures };
    assert_eq!(limit(Resource::Memory, &killed, None, None), Err(Silence::AtLimit));

    assert!(
        is_oversized(Resource::Memory, &figures, None, mib(201.0))
            .unwrap()
            .is_some()
    );
    assert!(
        is_oversized(Resource::Memory, &figures, None, mib(199.0))
            .unwrap()
            .is_none()
    );
    // Four times almost nothing is still almost nothing.
    assert!(is_oversized(Resource::Pids, &figures, None, 15.0).unwrap().is_none());
}

#[test]
fn suggestions_are_numbers_that_people_write() {
    let mib = 1_048_576.0;
    for (resource, value, expected) in [
        (Resource::Memory, 1.0, 8.0 * mib),
        (Resource::Memory, 60.0 * mib, 60.0 * mib),
        (Resource::Memory, 61.0 * mib, 64.0 * mib),
        (Resource::Memory, 65.0 * mib, 80.0 * mib),
        (Resource::Memory, 300.0 * mib, 320.0 * mib),
        (Resource::Memory, 1100.0 * mib, 1280.0 * mib),
        (Resource::Cpus, 0.0, 0.05),
        (Resource::Cpus, 0.121, 0.13),
        (Resource::Cpus, 0.3, 0.3),
        (Resource::Cpus, 0.31, 0.35),
        (Resource::Cpus, 2.1, 2.25),
        (Resource::Pids, 3.6, 10.0),
        (Resource::Pids, 21.0, 25.0),
    ] {
        assert_eq!(rounded(resource, value), expected, "{resource:?} {value}");
    }
}
