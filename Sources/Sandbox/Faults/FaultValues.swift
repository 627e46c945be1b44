// SPDX-License-Identifier: Apache-2.0

import Manifests

/// One pattern or a list of them.
struct GlobList: StrictValue {
    static let expectation = "a pattern such as web-*, or a list of them"
    static let placeholder = GlobList(globs: [])

    var globs: [Glob]

    static func read(_ node: YAMLNode, in context: StrictContext) -> GlobList? {
        guard case .sequence = node.content else { return node.value.string.map { GlobList(globs: [Glob($0)]) } }
        return [String].read(node, in: context).map { GlobList(globs: $0.map { Glob($0) }) }
    }
}

/// `200ms`, or `200ms-2s`.
struct Latency: StrictValue {
    static let expectation = "a duration such as 200ms, or a range such as 200ms-2s"
    static let placeholder = Latency(range: .zero ... .zero)

    var range: ClosedRange<Duration>

    var text: String {
        let (from, to) = (DurationText.text(range.lowerBound), DurationText.text(range.upperBound))
        return from == to ? from : "\(from)-\(to)"
    }

    static func read(_ node: YAMLNode, in context: StrictContext) -> Latency? {
        let parts = (node.value.string ?? "").split(separator: "-", omittingEmptySubsequences: false)
        let bounds = parts.compactMap { DurationText.parse(String($0)) }
        guard bounds.count == parts.count, bounds.count <= 2, let from = bounds.first, let to = bounds.last, from <= to
        else { return nil }
        return Latency(range: from...to)
    }
}

struct Probability: StrictValue {
    static let expectation = "a number from 0 to 1"
    static let placeholder = Probability(value: 0)

    var value: Double

    static func read(_ node: YAMLNode, in context: StrictContext) -> Probability? {
        let value: Double? =
            switch node.value {
            case .integer(let number): Double(number)
            case .number(let text): Double(text)
            default: nil
            }
        return value.flatMap { (0...1).contains($0) ? Probability(value: $0) : nil }
    }
}

struct Count: StrictValue {
    static let expectation = "a whole number from 1 to 1000000"
    static let placeholder = Count(value: 1)

    var value: Int

    static func read(_ node: YAMLNode, in context: StrictContext) -> Count? {
        node.value.integer.flatMap { (1...1_000_000).contains($0) ? Count(value: Int($0)) : nil }
    }
}

struct StatusCode: StrictValue {
    static let expectation = "an HTTP status from 400 to 599"
    static let placeholder = StatusCode(value: 500)

    var value: Int

    static func read(_ node: YAMLNode, in context: StrictContext) -> StatusCode? {
        node.value.integer.flatMap { (400...599).contains($0) ? StatusCode(value: Int($0)) : nil }
    }
}

/// What a rule is called in a URL.
struct Name: StrictValue {
    static let expectation = "a name of up to 63 letters, digits, dots, dashes and underscores"
    static let placeholder = Name(text: "")

    var text: String

    static func read(_ node: YAMLNode, in context: StrictContext) -> Name? {
        guard let text = node.value.string, (1...63).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "._-".contains(Character($0)))
            })
        else { return nil }
        return Name(text: text)
    }
}

/// A JSON patch (RFC 6902).
struct PatchOperations: StrictValue {
    static let expectation = "a JSON patch: a list of operations such as {op: add, path: /metadata/labels/a, value: b}"
    static let placeholder = PatchOperations(value: .array([]))

    var value: Value

    static func read(_ node: YAMLNode, in context: StrictContext) -> PatchOperations? {
        guard case .sequence(let operations) = node.content, !operations.isEmpty else { return nil }
        let known = ["add", "copy", "move", "remove", "replace", "test"]
        for (index, operation) in operations.enumerated() {
            let name = operation.value["op"]?.string ?? ""
            let path = operation.value["path"]?.string
            if !known.contains(name) {
                context.report(
                    "\"\(name)\" is no operation of a JSON patch\(Suggestion.ending(for: name, among: known))",
                    at: operation.position, path: "\(context.path)[\(index)].op")
            }
            if path == nil || !(path == "" || path?.first == "/") {
                context.report(
                    "must be a JSON pointer such as /metadata/labels/a", at: operation.position,
                    path: "\(context.path)[\(index)].path")
            }
        }
        return PatchOperations(value: node.value)
    }
}
