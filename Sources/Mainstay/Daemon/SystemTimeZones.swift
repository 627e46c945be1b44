// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests

extension TimeZones {
    /// The tz database of the machine, from where systems keep it.
    static let system = TimeZones { name in
        for directory in ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/zoneinfo", "/etc/zoneinfo"] {
            // Its largest files have some thousand bytes.
            guard let file = FileHandle(forReadingAtPath: "\(directory)/\(name)") else { continue }
            defer { try? file.close() }
            if let data = try? file.read(upToCount: 1 << 20), !data.isEmpty { return Array(data) }
        }
        return nil
    }
}
