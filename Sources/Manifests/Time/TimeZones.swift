// SPDX-License-Identifier: Apache-2.0

/// The tz database, wherever it is kept: who composes the program hands in how its files are read.
package struct TimeZones: Sendable {
    private let read: @Sendable (String) -> [UInt8]?

    /// - Parameter read: the bytes of the TZif file of a zone's name; nil where there is none. It is asked for names
    ///   without `..`, and without a slash at the beginning.
    package init(reading read: @escaping @Sendable (String) -> [UInt8]?) { self.read = read }

    /// Knows UTC and nothing else.
    package static let utcOnly = TimeZones { _ in nil }

    /// Nil where there is no such zone.
    package func rules(named name: String) -> TimeZoneRules? {
        if name.isEmpty || name == "UTC" { return .utc }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard name.utf8.count <= 255, !name.contains("\\"), !parts.contains(where: { $0.isEmpty || $0.hasPrefix(".") })
        else { return nil }
        return read(name).flatMap { TimeZoneRules(parsing: $0) }
    }
}
