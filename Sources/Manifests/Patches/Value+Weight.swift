// SPDX-License-Identifier: Apache-2.0

extension Value {
    /// How much it holds: its nodes, and one more for every 64 bytes of text.
    ///
    /// Copies of copies share their memory, so that a value may stand for more nodes than could ever be visited: counting
    /// ends beyond the limit.
    package func weight(upTo limit: Int) -> Int {
        var weight = 0
        add(to: &weight, limit)
        return weight
    }

    private func add(to weight: inout Int, _ limit: Int) {
        weight += 1
        guard weight <= limit else { return }
        switch self {
        case .string(let text): weight += text.utf8.count / 64
        case .array(let elements):
            for element in elements where weight <= limit { element.add(to: &weight, limit) }
        case .object(let object):
            for pair in object.pairs where weight <= limit {
                weight += pair.key.utf8.count / 64
                pair.value.add(to: &weight, limit)
            }
        default: break
        }
    }
}
