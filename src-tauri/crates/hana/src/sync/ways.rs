//! How rows reach a server: the fastest way that it and its driver are able to.

use crate::{Class, DatabaseError};
use std::sync::atomic::{AtomicU8, Ordering};

/// A way for rows to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Many rows as one JSON parameter, new ones without being compared first.
    Insert,
    /// Many rows as one JSON parameter.
    Document,
    /// Many rows as arrays of parameters.
    Arrays,
    /// One row after the other.
    Each,
}

const WAYS: [Way; 4] = [Way::Insert, Way::Document, Way::Arrays, Way::Each];

/// The way that is taken, until a server or driver is found unable; then the next
/// one, for as long as the connection is this one.
#[derive(Debug, Default)]
pub struct Ways(AtomicU8);

impl Ways {
    /// The way that is taken now.
    pub fn now(&self) -> Way {
        WAYS[usize::from(self.0.load(Ordering::Relaxed))]
    }

    /// A failure on a way: where the way may be to blame, the next one is taken,
    /// and the transaction is to be repeated.
    pub fn failed(&self, way: Way, error: DatabaseError) -> DatabaseError {
        if !matches!(error.class, Class::Unsupported | Class::Other) || way == Way::Each {
            return error;
        }
        tracing::warn!(%error, ?way, "rows are sent in another way");
        // Two that fail on one way leave it once.
        let place = way as u8;
        let left = Ordering::Relaxed;
        let _ = self.0.compare_exchange(place, place + 1, left, left);
        DatabaseError { class: Class::Transaction, ..error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_left_for_the_next_one_and_the_last_one_never() {
        let ways = Ways::default();
        let of = |class| DatabaseError::new(class, "no");
        assert_eq!(ways.failed(Way::Insert, of(Class::Value)).class, Class::Value);
        assert_eq!(ways.now(), Way::Insert);
        ways.failed(Way::Insert, of(Class::Unsupported));
        assert_eq!(ways.now(), Way::Document);
        let again = ways.failed(Way::Document, of(Class::Unsupported));
        assert!(again.class.is_transient());
        assert_eq!(ways.now(), Way::Arrays);
        ways.failed(Way::Document, of(Class::Unsupported));
        assert_eq!(ways.now(), Way::Arrays, "another one has left it already");
        ways.failed(Way::Arrays, of(Class::Other));
        assert_eq!(ways.failed(Way::Each, of(Class::Other)).class, Class::Other);
        assert_eq!(ways.now(), Way::Each);
    }
}
