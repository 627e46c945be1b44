// SPDX-License-Identifier: Apache-2.0

import Manifests

extension TypedValue {
    /// Why a value does not fit a schema, as `path: message` lines; empty when it does.
    static func problems(_ value: Value, _ schema: Schema, allowsDuplicates: Bool = false) -> [String] {
        var result: [String] = []
        check(value, schema, "", allowsDuplicates, &result)
        return result
    }

    private static func check(
        _ value: Value, _ schema: Schema, _ path: String, _ allowsDuplicates: Bool, _ result: inout [String]
    ) {
        guard !value.isNull else { return }
        switch schema.resolved(for: value) {
        case .scalar(let scalar):
            switch (scalar, value) {
            case (.string, .string), (.time, .string), (.microTime, .string), (.boolean, .bool): return
            case (.integer, .integer), (.integer, .number), (.numeric, .integer), (.numeric, .number): return
            case (.any, .string), (.any, .integer), (.any, .number), (.any, .bool): return
            case (.quantity, .string), (.quantity, .integer), (.quantity, .number): return
            case (.string, .integer), (.string, .number), (.string, .bool):
                result.append("\(path): expected string, got &value.valueUnstructured{Value:\(JSON.text(value))}")
            case (.string, _), (.time, _), (.microTime, _):
                result.append("\(path): expected string, got \(describe(value))")
            case (.integer, _), (.numeric, _):
                result.append("\(path): expected numeric (int or float), got \(describe(value))")
            case (.boolean, _): result.append("\(path): expected boolean, got \(describe(value))")
            case (.any, _), (.quantity, _): result.append("\(path): expected any scalar, got \(describe(value))")
            }
        case .list(let item, let relation):
            guard let items = value.array else {
                return result.append("\(path): expected list, got \(describe(value))")
            }
            checkItems(items, item, relation, path, allowsDuplicates, &result)
        case .map(let element, _):
            guard let object = value.object else {
                return result.append("\(path): expected map, got \(describe(value))")
            }
            for pair in object.pairs { check(pair.value, element, "\(path).\(pair.key)", allowsDuplicates, &result) }
        case .record(let fields, _, let rest):
            guard let object = value.object else {
                return result.append("\(path): expected map, got \(describe(value))")
            }
            for pair in object.pairs {
                if let field = fields.first(where: { $0.name == pair.key })?.schema ?? rest {
                    check(pair.value, field, "\(path).\(pair.key)", allowsDuplicates, &result)
                } else {
                    result.append("\(path).\(pair.key): field not declared in schema")
                }
            }
        case .named, .deduced: return
        }
    }

    private static func checkItems(
        _ items: [Value], _ schema: Schema, _ relation: Schema.ListRelation, _ path: String, _ allowsDuplicates: Bool,
        _ result: inout [String]
    ) {
        var seen: Set<PathElement> = []
        var duplicates: Set<PathElement> = []
        for (index, item) in items.enumerated() {
            let step = relation.pathElement(of: item, at: index)
            if case .map(let keys, let defaults) = relation {
                guard item.object != nil else {
                    result.append("\(path): element \(index): associative list keys may not have non-map elements")
                    continue
                }
                let present = keys.filter { item[$0] != nil || defaults[$0] != nil }
                guard !present.isEmpty else {
                    let names = keys.map { "\"\($0)\"" }.joined(separator: ", ")
                    result.append(
                        "\(path): element \(index): associative list with keys has an element that omits key field \(names) (and doesn't have default value)"
                    )
                    continue
                }
            }
            if relation != .atomic, !allowsDuplicates, !seen.insert(step).inserted {
                if duplicates.insert(step).inserted {
                    result.append("\(path): duplicate entries for key \(step.pathText)")
                }
            }
            check(item, schema, path + step.pathText, allowsDuplicates, &result)
        }
    }

    private static func describe(_ value: Value) -> String {
        switch value {
        case .string: "string"
        case .integer: "int"
        case .number: "float"
        case .bool: "boolean"
        case .array: "list"
        case .object: "map"
        case .null: "null"
        }
    }
}
