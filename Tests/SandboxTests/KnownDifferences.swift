// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The list in `docs/sandbox.md` of the recorded exchanges that the sandbox knowingly answers otherwise.
enum KnownDifferences {
    /// Numbers of exchanges by scenario. A row without a reason is an error.
    static func read(file: String = #filePath) throws -> [String: Set<Int>] {
        let root = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/sandbox.md"), encoding: .utf8)
        var result: [String: Set<Int>] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("|") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count >= 2, let number = Int(cells[1]) else { continue }
            try #require(cells.count == 3 && !cells[2].isEmpty, "\(cells[0]) \(number) has no reason")
            result[cells[0], default: []].insert(number)
        }
        return result
    }
}
