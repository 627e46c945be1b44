// SPDX-License-Identifier: Apache-2.0

/// The rules of one time zone: what its clocks show at a moment, and at which moment they show something.
package struct TimeZoneRules: Sendable, Hashable {
    /// The moments, in seconds since the epoch, at which the clocks were or will be changed, and to which offset.
    let transitions: [Transition]
    /// Seconds east of UTC before the first of them.
    let firstOffset: Int
    /// What holds after the last of them; nil where it stays as it is.
    let recurrence: TimeZoneRecurrence?

    struct Transition: Sendable, Hashable {
        var at: Int64
        /// Seconds east of UTC from then on.
        var offset: Int
    }

    /// A stretch of time in which the clocks are not changed.
    struct Span: Equatable {
        var offset: Int
        /// The first second.
        var start: Int64
        /// The first second after it.
        var end: Int64
    }

    /// The zone that never changes its clocks.
    package static let utc = TimeZoneRules(transitions: [], firstOffset: 0, recurrence: nil)

    /// Seconds east of UTC.
    package func offset(at moment: Timestamp) -> Int { span(at: moment.seconds).offset }

    package func civilTime(at moment: Timestamp) -> CivilTime {
        let seconds = moment.seconds
        return CivilTime(secondsSinceEpoch: seconds + Int64(span(at: seconds).offset))
    }

    /// The moment at which the clocks show `time`.
    ///
    /// Where they show it twice or never, the answer is that of Go's `time.Date`, on which Kubernetes' schedules stand:
    /// what is skipped lies as far behind the change as it would have been; of two, it is the first west of Greenwich
    /// and the second east of it.
    package func moment(of time: CivilTime) -> Timestamp {
        let local = time.secondsSinceEpoch
        var span = span(at: local)
        if span.offset != 0 {
            let guess = local - Int64(span.offset)
            if guess < span.start || guess >= span.end { span = self.span(at: guess) }
        }
        return Timestamp(secondsSinceEpoch: local - Int64(span.offset))
    }

    /// RFC 3339 with the zone's offset: `2026-11-21T11:00:00+01:00`; `Z` where that is zero.
    package func text(of moment: Timestamp) -> String {
        let offset = offset(at: moment)
        guard offset != 0 else { return moment.secondsDescription }
        let local = Timestamp(secondsSinceEpoch: moment.seconds + Int64(offset)).secondsDescription.dropLast()
        let minutes = abs(offset) / 60
        func pad(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(local)\(offset < 0 ? "-" : "+")\(pad(minutes / 60)):\(pad(minutes % 60))"
    }

    func span(at seconds: Int64) -> Span {
        // The last transition that is not later.
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        let start = low == 0 ? Int64.min : transitions[low - 1].at
        if low == transitions.count, let recurrence { return recurrence.span(at: seconds, after: start) }
        return Span(
            offset: low == 0 ? firstOffset : transitions[low - 1].offset, start: start,
            end: low == transitions.count ? Int64.max : transitions[low].at)
    }
}

extension Timestamp {
    /// Whole seconds since the epoch, towards the past.
    var seconds: Int64 {
        millisecondsSinceEpoch >= 0 ? millisecondsSinceEpoch / 1000 : (millisecondsSinceEpoch - 999) / 1000
    }
}
