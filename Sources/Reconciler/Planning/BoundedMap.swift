// SPDX-License-Identifier: Apache-2.0

extension Array where Element: Sendable {
    /// Transforms the elements side by side, so many at once at most; the results are in the elements' order.
    func mapped<Result: Sendable>(
        atOnce width: Int, _ transform: @escaping @Sendable (Element) async -> Result
    ) async -> [Result] {
        await withTaskGroup(of: (Int, Result).self) { group in
            var results: [Int: Result] = [:]
            for (index, element) in enumerated() {
                if index >= width, let (done, result) = await group.next() { results[done] = result }
                group.addTask { (index, await transform(element)) }
            }
            while let (done, result) = await group.next() { results[done] = result }
            return indices.compactMap { results[$0] }
        }
    }
}
