use super::Limits;
use super::budget::{BUDGETS, BUILT_IN, GROWTH, NOFILE, START_UP, WASTE};
use super::figure::{Figure, Kind};
use super::profile::built_in;
use crate::parse::yaml::plain_scalar;

#[test]
fn every_figure_of_the_table_is_read() {
    let profiles = built_in();
    for budget in BUDGETS {
        for (name, figure) in BUILT_IN.iter().zip(budget.figures) {
            let read = profiles[*name].limits.get(budget);
            assert_eq!(read.is_some(), !figure.is_empty(), "{}: {figure}", budget.key);
        }
        assert!(!budget.title().is_empty(), "{}", budget.key);
        for rule in budget.rules {
            assert!(
                crate::rules::find(rule).is_some(),
                "{}: there is no rule {rule}",
                budget.key
            );
        }
    }
    let keys: std::collections::BTreeSet<&str> = BUDGETS.iter().map(|budget| budget.key).collect();
    assert_eq!(keys.len(), BUDGETS.len());
}

fn read(kind: Kind, text: &str) -> Option<Figure> {
    kind.read("key", &plain_scalar(text)).ok()
}

#[test]
fn figures_are_read_in_their_own_grammar() {
    let amount = |amount| Some(Figure::Amount(amount));
    let share = |share, from| Some(Figure::Share { share, from });
    assert_eq!(read(Kind::Size, "1.5 GB"), amount(1.5e9));
    assert_eq!(read(Kind::Size, "128"), None);
    assert_eq!(read(Kind::Size, "128M"), None);
    assert_eq!(read(Kind::Count, "20"), amount(20.0));
    assert_eq!(read(Kind::Count, "2.5"), None);
    assert_eq!(read(Kind::Count, "0"), None);
    assert_eq!(read(Kind::Number, "0.5"), amount(0.5));
    assert_eq!(read(Kind::Number, ".inf"), None);
    assert_eq!(read(Kind::Time, "50ms"), amount(0.05));
    assert_eq!(read(Kind::Time, "0s"), None);
    assert_eq!(read(Kind::Share, "10 %"), share(0.1, 0.0));
    assert_eq!(read(Kind::Share, "0.1"), None);
    assert_eq!(read(Kind::ShareAndSize, "10%"), share(0.1, 1e7));
    assert_eq!(read(Kind::ShareAndSize, "10% and 2MB"), share(0.1, 2e6));
    assert_eq!(read(Kind::ShareAndSize, "10% and 2"), None);
    assert_eq!(read(Kind::ShareAndSize, "10% and "), None);
    assert_eq!(read(Kind::SoftAndHard, "256/512"), Some(Figure::Pair(256.0, 512.0)));
    assert_eq!(read(Kind::SoftAndHard, "256"), Some(Figure::Pair(256.0, 256.0)));
    assert_eq!(read(Kind::SoftAndHard, "512/256"), None);
    assert_eq!(read(Kind::SoftAndHard, "2.5"), None);
    assert_eq!(
        read(Kind::Capabilities, "CAP_CHOWN setuid"),
        Some(Figure::Names(vec!["CHOWN".into(), "SETUID".into()]))
    );
    assert_eq!(read(Kind::Capabilities, "CHOWNN"), None);
}

#[test]
fn what_lets_more_pass_is_looser() {
    for (kind, old, new, is_looser) in [
        (Kind::Size, "1MB", "2MB", true),
        (Kind::Size, "2MB", "2MB", false),
        (Kind::SoftAndHard, "256/512", "256/1024", true),
        (Kind::SoftAndHard, "256/512", "512/512", true),
        (Kind::SoftAndHard, "256/512", "128/512", false),
        (Kind::ShareAndSize, "10% and 2MB", "10%", true),
        (Kind::ShareAndSize, "10% and 2MB", "5% and 1MB", false),
        (Kind::Capabilities, "CHOWN SETUID", "SETUID KILL", true),
        (Kind::Capabilities, "CHOWN SETUID", "SETUID", false),
    ] {
        let (before, now) = (read(kind, old).unwrap(), read(kind, new).unwrap());
        assert_eq!(now.is_looser_than(&before), is_looser, "{old} to {new}");
    }
}

#[test]
fn figures_are_shown_with_their_units() {
    let limits = Limits::built_in(1, true);
    for (budget, shown) in [
        (&WASTE, "5 % and 10 MB"),
        (&GROWTH, "10 %"),
        (&START_UP, "10 s"),
        (&NOFILE, "256/512"),
    ] {
        assert_eq!(budget.kind.show(&limits.get(budget).unwrap().value), shown);
    }
    let shown = limits.by_setting();
    assert_eq!(shown["memory"], "128 MiB");
    assert_eq!(shown["swap"], "1.5 x memory");
    assert_eq!(shown["ulimits"], "nofile 256/512, fsize 100 MiB");
}
