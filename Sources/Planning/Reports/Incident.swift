// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// A time in which an application was not well: from the first sign of it to the next that it is.
package struct Incident: Sendable, Hashable {
    package enum End: Sendable, Hashable {
        case restored(at: Timestamp)
        /// The application was removed meanwhile.
        case removed
    }

    package var began: Timestamp
    /// Nil: it goes on.
    package var end: End?

    package init(began: Timestamp, end: End? = nil) {
        self.began = began
        self.end = end
    }
}

/// Makes incidents of signs, of one application, as they come.
package struct IncidentWatch: Sendable, Hashable {
    package private(set) var open: Incident?

    package init() {}

    /// Answers the incident that this sign ends.
    package mutating func hear(_ kind: DeliverySign.Kind, at: Timestamp) -> Incident? {
        guard kind != .unwell else {
            open = open ?? Incident(began: at)
            return nil
        }
        defer { open = nil }
        return open.map { Incident(began: $0.began, end: kind == .gone ? .removed : .restored(at: at)) }
    }
}

extension Incident {
    /// All of one application, the one that goes on included.
    ///
    /// Each list stays in its own order, which is that of what happened whatever the clock said; between the lists, time
    /// tells.
    static func all(_ verdicts: [DeliverySign], _ healthMarks: [DeliverySign]) -> [Incident] {
        var watch = IncidentWatch()
        var incidents: [Incident] = []
        var (verdict, mark) = (0, 0)
        while verdict < verdicts.count || mark < healthMarks.count {
            let isVerdictNext =
                mark >= healthMarks.count
                || (verdict < verdicts.count && verdicts[verdict].at <= healthMarks[mark].at)
            let sign = isVerdictNext ? verdicts[verdict] : healthMarks[mark]
            if isVerdictNext { verdict += 1 } else { mark += 1 }
            if let ended = watch.hear(sign.kind, at: sign.at) { incidents.append(ended) }
        }
        return incidents + [watch.open].compactMap { $0 }
    }
}
