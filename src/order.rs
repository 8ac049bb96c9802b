//! Sorting where speed does not count: the standard library's algorithm comes with four kilobytes of code for each type that it sorts, so here
//! it sorts places, and what lies at them is put in their order.

use std::cmp::Ordering;

/// Lists that can be sorted; what is equal stays as it was.
pub(crate) trait Order<T> {
    /// By a comparison of two items.
    fn order_by(&mut self, compare: impl Fn(&T, &T) -> Ordering);

    /// By a key of each item, which is made again for each comparison.
    fn order_by_key<K: Ord>(&mut self, key: impl Fn(&T) -> K) {
        self.order_by(|one, other| key(one).cmp(&key(other)));
    }
}

impl<T> Order<T> for Vec<T> {
    fn order_by(&mut self, compare: impl Fn(&T, &T) -> Ordering) {
        let mut items: Vec<Option<T>> = std::mem::take(self).into_iter().map(Some).collect();
        let item = |place: usize| items.get(place).and_then(Option::as_ref);
        let places = sorted(items.len(), &|one, other| match (item(one), item(other)) {
            (Some(one), Some(other)) => compare(one, other),
            _ => Ordering::Equal,
        });
        self.extend(places.into_iter().filter_map(|place| items.get_mut(place)?.take()));
    }
}

/// The places of a list of this length, in the order of what lies at them.
fn sorted(length: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..length).collect();
    places.sort_by(|one, other| compare(*one, *other));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_equal_stays_as_it_was() {
        let mut words = vec!["pear", "fig", "plum", "yam", "apple"];
        words.order_by_key(|word| word.len());
        assert_eq!(words, ["fig", "yam", "pear", "plum", "apple"]);
        words.order_by(|one, other| other.cmp(one));
        assert_eq!(words, ["yam", "plum", "pear", "fig", "apple"]);
        let mut many: Vec<(u32, u32)> = (0..1000).map(|number| (number % 7, number)).collect();
        many.order_by_key(|(rest, _)| *rest);
        assert!(many.windows(2).all(|two| two[0] <= two[1]));
    }
}
