// SPDX-License-Identifier: Apache-2.0

/// A pattern for a whole text, in which `*` stands for any characters.
package struct Glob: Sendable, Equatable, ExpressibleByStringLiteral {
    package var text: String
    /// What stands for one character; nil where nothing does, as in paths of fields.
    private let single: Unicode.Scalar?

    package init(_ text: String, single: Unicode.Scalar? = "?") {
        self.text = text
        self.single = single
    }

    package init(stringLiteral text: String) { self.init(text) }

    package func matches(_ candidate: String) -> Bool {
        let pattern = Array(text.unicodeScalars)
        let subject = Array(candidate.unicodeScalars)
        var (p, s) = (0, 0)
        // Where the last star stood, and how far it has eaten: all the backtracking a glob needs.
        var star: (pattern: Int, subject: Int)?
        while s < subject.count {
            if p < pattern.count, pattern[p] == "*" {
                star = (p, s)
                p += 1
            } else if p < pattern.count, pattern[p] == single || pattern[p] == subject[s] {
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
