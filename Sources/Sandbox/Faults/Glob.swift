// SPDX-License-Identifier: Apache-2.0

/// A pattern in which `*` stands for any characters and `?` for one.
package struct Glob: Sendable, Equatable, ExpressibleByStringLiteral {
    package var text: String

    package init(_ text: String) { self.text = text }

    package init(stringLiteral text: String) { self.text = text }

    func matches(_ candidate: String) -> Bool {
        let pattern = Array(text.unicodeScalars)
        let subject = Array(candidate.unicodeScalars)
        var (p, s) = (0, 0)
        // Where the last star stood, and how far it has eaten: all the backtracking a glob needs.
        var star: (pattern: Int, subject: Int)?
        while s < subject.count {
            if p < pattern.count, pattern[p] == "*" {
                star = (p, s)
                p += 1
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == subject[s] {
                p += 1
                s += 1
            } else if let last = star {
                star = (last.pattern, last.subject + 1)
                p = last.pattern + 1
                s = last.subject + 1
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}
