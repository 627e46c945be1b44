// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Values against the structural schema of a definition.
enum CustomValidation {
    static func causes(_ object: Object, _ schema: Value) -> [StatusError.Cause] {
        var result: [StatusError.Cause] = []
        var body = object
        for key in ["apiVersion", "kind", "metadata"] { body[key] = nil }
        check(.object(body), schema, "", &result)
        return result
    }

    private static func check(_ value: Value, _ schema: Value, _ path: String, _ result: inout [StatusError.Cause]) {
        switch value {
        case .object(let object):
            for name in schema["required"]?.array ?? [] {
                guard let name = name.string, object[name] == nil, !["apiVersion", "kind", "metadata"].contains(name)
                else { continue }
                result.append(Validation.required(join(path, name)))
            }
            let properties = schema["properties"]?.object ?? Object()
            // In the order of the definition: required first, as people list it.
            for pair in properties.pairs {
                if let child = object[pair.key] { check(child, pair.value, join(path, pair.key), &result) }
            }
        case .array(let items):
            guard let element = schema["items"] else { return }
            for (index, item) in items.enumerated() { check(item, element, "\(path)[\(index)]", &result) }
        default: checkScalar(value, schema, path, &result)
        }
    }

    private static func checkScalar(
        _ value: Value, _ schema: Value, _ path: String, _ result: inout [StatusError.Cause]
    ) {
        if let type = schema["type"]?.string, !fits(value, type), schema["nullable"] != true {
            result.append(
                Validation.invalid(
                    path, value, "\(path) in body must be of type \(type): \(JSON.text(.string(value.typeName)))"))
            return
        }
        if let minimum = schema["minimum"]?.integer, let number = value.integer, number < minimum {
            result.append(
                Validation.invalid(path, value, "\(path) in body should be greater than or equal to \(minimum)"))
        }
        if let maximum = schema["maximum"]?.integer, let number = value.integer, number > maximum {
            result.append(Validation.invalid(path, value, "\(path) in body should be less than or equal to \(maximum)"))
        }
        if let allowed = schema["enum"]?.array, !allowed.contains(value) {
            result.append(Validation.unsupported(path, value, allowed.compactMap(\.string)))
        }
    }

    private static func fits(_ value: Value, _ type: String) -> Bool {
        switch (type, value) {
        case ("string", .string), ("integer", .integer), ("number", .integer), ("number", .number), ("boolean", .bool):
            true
        default: false
        }
    }

    private static func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}
