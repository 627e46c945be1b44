// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// One field that differs between two states of an object.
package struct FieldDifference: Sendable, Hashable {
    package var path: [PathElement]
    /// Nil where there was none.
    package var old: Value?
    /// Nil where there is none any more.
    package var new: Value?

    package init(path: [PathElement], old: Value?, new: Value?) {
        self.path = path
        self.old = old
        self.new = new
    }

    /// `.spec.template.spec.containers[name="web"].image`; a key that is no word is quoted: `.metadata.labels["a.b/c"]`.
    package var pathText: String { Self.text(of: path) }

    package static func text(of path: [PathElement]) -> String {
        path.map { element in
            guard case .field(let name) = element, !isWord(name) else { return element.pathText }
            return "[\(JSON.text(.string(name)))]"
        }.joined()
    }

    private static func isWord(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x24, 0x2D, 0x5F: true
                default: false
                }
            }
    }
}

/// A difference as it is shown: texts, bounded.
package struct ShownDifference: Sendable, Hashable {
    package var path: String
    package var old: String?
    package var new: String?

    package init(path: String, old: String?, new: String?) {
        self.path = path
        self.old = old
        self.new = new
    }

    /// - Parameter difference: of objects from which secrets were taken.
    package init(_ difference: FieldDifference) {
        path = difference.pathText
        let (old, new) = (difference.old.map(Self.text), difference.new.map(Self.text))
        let start = old.flatMap { old in new.map { Self.firstDifference(old, $0) } } ?? 0
        self.old = old.map { Self.window($0, around: start) }
        self.new = new.map { Self.window($0, around: start) }
    }

    /// `old → new`, `+ new` or `- old`.
    package var change: String {
        switch (old, new) {
        case (let old?, let new?): "\(old) → \(new)"
        case (nil, let new?): "+ \(new)"
        case (let old?, nil): "- \(old)"
        case (nil, nil): ""
        }
    }

    private static let width = 160

    private static func text(_ value: Value) -> String { JSON.text(value) }

    private static func firstDifference(_ left: String, _ right: String) -> Int {
        var count = 0
        for (a, b) in zip(left, right) {
            guard a == b else { break }
            count += 1
        }
        return count
    }

    /// As much as fits, with the place at which the two begin to differ.
    private static func window(_ text: String, around place: Int) -> String {
        let count = text.count
        guard count > width else { return text }
        let start = max(0, min(place - width / 3, count - width))
        let cut = text.dropFirst(start).prefix(width)
        return (start > 0 ? "…" : "") + cut + (start + width < count ? "…" : "")
    }
}
