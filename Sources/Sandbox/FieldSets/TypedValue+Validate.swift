// SPDX-License-Identifier: Apache-2.0

import Manifests

extension TypedValue {
    /// Why a value does not fit a schema, as `path: message` lines; empty when it does.
    static func problems(_ value: Value, _ schema: Schema) -> [String] {
        var result: [String] = []
        check(value, schema, "", &result)
        return result
    }

    private static func check(_ value: Value, _ schema: Schema, _ path: String, _ result: inout [String]) {
        guard !value.isNull else { return }
        switch schema.resolved(for: value) {
        case .scalar(let scalar):
            guard let expected = mismatch(value, scalar) else { return }
            result.append("\(path): expected \(expected)")
        case .list(let item, let relation):
            guard let items = value.array else { return result.append("\(path): expected list, got \(got(value))") }
            checkItems(items, item, relation, path, &result)
        case .map(let element, _):
            guard let object = value.object else { return result.append("\(path): expected map, got \(got(value))") }
            for pair in object.pairs { check(pair.value, element, "\(path).\(pair.key)", &result) }
        case .record(let fields, _, let rest):
            guard let object = value.object else { return result.append("\(path): expected map, got \(got(value))") }
            for pair in object.pairs {
                guard let field = fields.first(where: { $0.name == pair.key })?.schema ?? rest else {
                    // The first unknown field ends the walk through a map.
                    return result.append("\(path).\(pair.key): field not declared in schema")
                }
                check(pair.value, field, "\(path).\(pair.key)", &result)
            }
        case .named, .deduced: return
        }
    }

    private static func mismatch(_ value: Value, _ scalar: Schema.Scalar) -> String? {
        switch (scalar, value) {
        case (.string, .string), (.time, .string), (.microTime, .string), (.boolean, .bool): nil
        case (.integer, .integer), (.integer, .number), (.numeric, .integer), (.numeric, .number): nil
        case (.any, .string), (.any, .integer), (.any, .number), (.any, .bool): nil
        case (.quantity, .string), (.quantity, .integer), (.quantity, .number), (.quantity, .bool): nil
        // Times have a format, which the server merges as any scalar.
        case (.time, .integer), (.time, .number), (.time, .bool): nil
        case (.microTime, .integer), (.microTime, .number), (.microTime, .bool): nil
        case (.string, _): "string, got &value.valueUnstructured{Value:\(GoFormat.literal(value))}"
        case (.integer, _), (.numeric, _): "numeric (int or float), got \(GoFormat.type(value))"
        case (.boolean, _): "boolean, got \(got(value))"
        case (.any, _), (.quantity, _), (.time, _), (.microTime, _): "any scalar, got \(got(value))"
        }
    }

    /// The server prints a pointer to its wrapper.
    private static func got(_ value: Value) -> String { "&{\(GoFormat.plain(value))}" }

    private static func checkItems(
        _ items: [Value], _ schema: Schema, _ relation: Schema.ListRelation, _ path: String, _ result: inout [String]
    ) {
        var seen: Set<PathElement> = []
        for (index, item) in items.enumerated() {
            if let problem = relation.problem(item) {
                // What cannot be named ends the walk through a list.
                return result.append("\(path): element \(index): \(problem)")
            }
            let step = relation.pathElement(of: item, at: index)
            if relation != .atomic, !seen.insert(step).inserted {
                result.append("\(path): duplicate entries for key \(step.pathText)")
            }
            check(item, schema, path + step.pathText, &result)
        }
    }
}

extension Schema.ListRelation {
    /// Why an item cannot be named.
    fileprivate func problem(_ item: Value) -> String? {
        switch (self, item) {
        case (.atomic, _): return nil
        case (.set, .object): return "associative list without keys has an element that's a map type"
        case (.set, .array): return "not supported: associative list with lists as elements"
        case (.set, .null): return "associative list without keys has an element that's an explicit null"
        case (.set, _): return nil
        case (.map, .null): return "associative list with keys may not have a null element"
        case (.map(let keys, let defaults), .object(let object)):
            guard let missing = keys.first(where: { object[$0] == nil && defaults[$0] == nil }) else { return nil }
            return
                "associative list with keys has an element that omits key field \"\(missing)\" (and doesn't have default value)"
        case (.map, _): return "associative list with keys may not have non-map elements"
        }
    }
}
