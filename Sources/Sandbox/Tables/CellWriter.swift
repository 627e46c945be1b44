// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The cells of built-in kinds, as `kubectl get` prints them (kubernetes' `pkg/printers/internalversion`).
struct CellWriter {
    let now: Timestamp

    /// Nil for a kind without a printer.
    func cells(_ object: Object, kind: String) -> [Value]? {
        if kind == "Pod" { return PodCells(writer: self).cells(object) }
        return workload(object, kind: kind) ?? core(object, kind: kind) ?? network(object, kind: kind)
            ?? other(object, kind: kind)
    }

    func age(_ object: Object) -> Value {
        .string(since(object.value(at: "metadata", "creationTimestamp")?.string))
    }

    func since(_ text: String?) -> String {
        guard let text, let time = Timestamp(text) else { return "<unknown>" }
        return Self.text(now - time)
    }

    /// apimachinery's `duration.HumanDuration`.
    static func text(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        if milliseconds <= -2000 { return "<invalid>" }
        let seconds = max(0, milliseconds / 1000)
        let minutes = seconds / 60
        let hours = minutes / 60
        let days = hours / 24
        func pair(_ big: Int64, _ bigUnit: String, _ small: Int64, _ smallUnit: String) -> String {
            small == 0 ? "\(big)\(bigUnit)" : "\(big)\(bigUnit)\(small)\(smallUnit)"
        }
        if seconds < 120 { return "\(seconds)s" }
        if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
        if minutes < 180 { return "\(minutes)m" }
        if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
        if hours < 48 { return "\(hours)h" }
        if hours < 192 { return pair(days, "d", hours % 24, "h") }
        if days < 730 { return "\(days)d" }
        if days < 2920 { return pair(days / 365, "y", days % 365, "d") }
        return "\(days / 365)y"
    }

    func name(_ object: Object) -> Value { .string(object.name) }

    func text(_ object: Object, _ path: String..., or missing: Value = "") -> Value {
        object.value(at: path) ?? missing
    }

    func number(_ object: Object, _ path: String...) -> Value { object.value(at: path) ?? 0 }

    /// How many entries lists or maps have together.
    func count(_ object: Object, _ keys: String...) -> Value {
        .integer(
            Int64(keys.reduce(0) { $0 + (object[$1]?.object?.count ?? object[$1]?.array?.count ?? 0) }))
    }

    /// The names and images of containers.
    func containers(_ object: Object, at path: [String] = ["spec", "template", "spec"]) -> [Value] {
        let containers = object.value(at: path + ["containers"])?.array ?? []
        return ["name", "image"].map { key in
            .string(containers.map { $0[key]?.string ?? "" }.joined(separator: ","))
        }
    }

    /// `a=b,c in (d)`, ordered by key.
    static func selectorText(_ selector: Value?, orNone nothing: String = "<none>") -> String {
        var parts = (selector?["matchLabels"]?.object?.pairs ?? []).map {
            (key: $0.key, text: "\($0.key)=\($0.value.string ?? "")")
        }
        for expression in selector?["matchExpressions"]?.array ?? [] {
            let key = expression["key"]?.string ?? ""
            let values = (expression["values"]?.array ?? []).compactMap(\.string).sorted().joined(separator: ",")
            switch expression["operator"]?.string {
            case "In": parts.append((key, "\(key) in (\(values))"))
            case "NotIn": parts.append((key, "\(key) notin (\(values))"))
            case "Exists": parts.append((key, key))
            default: parts.append((key, "!\(key)"))
            }
        }
        return parts.isEmpty ? nothing : parts.sorted { $0.key < $1.key }.map(\.text).joined(separator: ",")
    }

    /// Labels as `a=b,c=d`, or `<none>`.
    static func labelText(_ labels: Value?) -> Value {
        let pairs = (labels?.object?.pairs ?? []).map { "\($0.key)=\($0.value.string ?? "")" }.sorted()
        return .string(pairs.isEmpty ? "<none>" : pairs.joined(separator: ","))
    }

    /// The first of many, and how many more there are.
    static func shortened(_ texts: [String], to maximum: Int = 3, separator: String = ",") -> String {
        let shown = texts.prefix(maximum).joined(separator: separator)
        return texts.count > maximum ? "\(shown) + \(texts.count - maximum) more..." : shown
    }

    /// An integer or a text, as text.
    static func plain(_ value: Value?) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let text): text
        case .bool(let flag): String(flag)
        default: nil
        }
    }
}
