// SPDX-License-Identifier: Apache-2.0

import Foundation
import Manifests
import Testing

@testable import Mainstay

@Suite("The machine's time zones")
struct SystemTimeZonesTests {
    private static let isThere = FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/Europe/Berlin")

    @Test(
        "are read as Foundation reads them", .enabled(if: isThere, "needs the tz database"),
        arguments: [
            "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Tehran",
            "Australia/Lord_Howe",
            "Africa/Casablanca", "Pacific/Apia", "America/Nuuk", "UTC",
        ])
    func agree(name: String) throws {
        let rules = try #require(TimeZones.system.rules(named: name))
        let zone = try #require(TimeZone(identifier: name))
        let differences = stride(from: 631_152_000 as Int64, to: 2_145_916_800, by: 5 * 3600).filter { seconds in
            rules.offset(at: Timestamp(secondsSinceEpoch: seconds))
                != zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
        }
        #expect(differences.isEmpty, "first at \(differences.first ?? 0)")
    }

    @Test("know no zone that is none", arguments: ["Mars/Base", "zone.tab", "Europe", "../../etc/passwd"])
    func none(name: String) { #expect(TimeZones.system.rules(named: name) == nil) }
}
