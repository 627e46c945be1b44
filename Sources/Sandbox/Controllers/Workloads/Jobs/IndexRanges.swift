// SPDX-License-Identifier: Apache-2.0

/// Completion indexes, in ranges: `0,2-4`. Two in a row stand apart, as in `0,1`.
struct IndexRanges: Equatable {
    /// In order, with gaps between them.
    private(set) var ranges: [ClosedRange<Int>]

    init(_ indexes: some Sequence<Int>) { ranges = Self.merged(indexes.map { $0...$0 }) }

    /// What cannot be read is left out.
    init(_ text: String, below limit: Int) {
        var found: [ClosedRange<Int>] = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let low = ends.first, let high = ends.last, ends.count <= 2, low >= 0, low <= high, low < limit
            else { continue }
            found.append(low...min(high, limit - 1))
        }
        ranges = Self.merged(found)
    }

    private static func merged(_ unordered: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
        var result: [ClosedRange<Int>] = []
        for range in unordered.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound + 1 {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    func contains(_ index: Int) -> Bool { ranges.contains { $0.contains(index) } }

    func union(_ other: IndexRanges) -> IndexRanges {
        var union = self
        union.ranges = Self.merged(ranges + other.ranges)
        return union
    }

    /// How many both have.
    func overlap(with other: IndexRanges) -> Int {
        var total = 0
        var (mine, theirs) = (ranges[...], other.ranges[...])
        while let first = mine.first, let second = theirs.first {
            total += max(0, min(first.upperBound, second.upperBound) - max(first.lowerBound, second.lowerBound) + 1)
            if first.upperBound < second.upperBound { mine.removeFirst() } else { theirs.removeFirst() }
        }
        return total
    }

    /// The lowest that are missing.
    func missing(count: Int, below limit: Int) -> [Int] {
        var result: [Int] = []
        var next = 0
        for range in ranges + [limit...limit] {
            while next < min(range.lowerBound, limit), result.count < count {
                result.append(next)
                next += 1
            }
            next = max(next, range.upperBound + 1)
        }
        return result
    }

    var text: String {
        ranges.map { range in
            switch range.count {
            case 1: "\(range.lowerBound)"
            case 2: "\(range.lowerBound),\(range.upperBound)"
            default: "\(range.lowerBound)-\(range.upperBound)"
            }
        }
        .joined(separator: ",")
    }
}
