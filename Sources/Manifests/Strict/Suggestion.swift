// SPDX-License-Identifier: Apache-2.0

/// "Did you mean" for mistyped words.
package enum Suggestion {
    /// The candidate nearest to a word, if it is near enough to be meant; the first one where several are.
    package static func closest(to word: String, among candidates: some Sequence<String>) -> String? {
        let limit = max(1, min(3, word.count / 3))
        var best: (distance: Int, candidate: String)?
        for candidate in candidates {
            let distance = distance(Array(word.lowercased()), Array(candidate.lowercased()))
            if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        return best?.candidate
    }

    /// `; did you mean "X"?`, or nothing: to end a message with.
    package static func ending(for word: String, among candidates: some Sequence<String>) -> String {
        closest(to: word, among: candidates).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    /// Edits between two words, a swap of neighbours counted as one (optimal string alignment).
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        guard abs(left.count - right.count) <= 3, left.count <= 100 else { return .max }
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for (row, own) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(current[column] + 1, previous[column + 1] + 1, previous[column] + (own == other ? 0 : 1))
                if row > 0, column > 0, own == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous.last ?? 0
    }
}
