// SPDX-License-Identifier: Apache-2.0

import Manifests

extension FieldPath {
    /// What a field is made as that was not there.
    enum Creation: Sendable {
        case scalar, list, map
    }

    /// Calls `change` with every value that the path leads to; its second argument says that the field was made, and has
    /// no type yet.
    ///
    /// - Parameter creation: what the field is, where it is to be made if missing, with all that is on the way.
    /// - Returns: how many there were.
    func update(
        _ value: inout Value, creation: Creation?, _ change: (inout Value, Bool) throws(Mismatch) -> Void
    ) throws(Mismatch) -> Int {
        var patterns: [String: Pattern] = [:]
        for part in parts where Self.isSelector(part) {
            let (_, text) = try Self.selector(part)
            do throws(Pattern.SyntaxError) {
                patterns[part] = try Pattern(anywhere: text)
            } catch {
                throw Mismatch(message: "\(part) holds no pattern: \(error.message)")
            }
        }
        let walk = Walk(creation: creation, patterns: patterns)
        // Many write `.spec.replicas`, after the paths of other tools.
        let path = parts.first == "" ? parts.dropFirst() : parts[...]
        return try walk.update(&value, path, isNew: false, change)
    }
}

private struct Walk {
    typealias Mismatch = FieldPath.Mismatch
    typealias Change = (inout Value, Bool) throws(Mismatch) -> Void

    let creation: FieldPath.Creation?
    let patterns: [String: Pattern]

    func update(
        _ value: inout Value, _ path: ArraySlice<String>, isNew: Bool, _ change: Change
    ) throws(Mismatch) -> Int {
        guard let part = path.first else {
            try change(&value, isNew)
            return 1
        }
        if let index = Self.index(part) { return try updateElement(at: index, of: &value, path.dropFirst(), change) }
        if FieldPath.isSelector(part) { return try updateSelected(part, of: &value, path.dropFirst(), change) }
        if part.isEmpty {
            guard value != .null, value.scalarText != nil else {
                throw Mismatch(message: "a \(value.typeName) has no \"\", which two dots name")
            }
            return try update(&value, path.dropFirst(), isNew: isNew, change)
        }
        if part == "*" { return try updateAll(of: &value, path.dropFirst(), change) }
        return try updateMember(part, of: &value, path.dropFirst(), change)
    }

    /// What stands for the rest of a path that has to be made.
    private func made(for rest: ArraySlice<String>) -> Value {
        if let next = rest.first {
            return Self.index(next) != nil || FieldPath.isSelector(next) ? .array([]) : .object(Object())
        }
        return switch creation {
        case .list: .array([])
        case .map: .object(Object())
        case .scalar, nil: .string("")
        }
    }

    private static func index(_ part: String) -> Int? {
        part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
    }

    private func updateMember(
        _ key: String, of value: inout Value, _ rest: ArraySlice<String>, _ change: Change
    ) throws(Mismatch) -> Int {
        // Nothing can be put in what is null, and kustomize does not say so.
        if value == .null { return creation == nil ? 0 : 1 }
        guard case .object(var object) = value else {
            throw Mismatch(message: "a \(value.typeName) has no \"\(key)\"")
        }
        let old = object[key]
        guard old != nil || creation != nil else { return 0 }
        var child = old ?? made(for: rest)
        let count = try update(&child, rest, isNew: old == nil, change)
        object[key] = child
        value = .object(object)
        return count
    }

    private func updateElement(
        at index: Int, of value: inout Value, _ rest: ArraySlice<String>, _ change: Change
    ) throws(Mismatch) -> Int {
        // As with a member: what is put in what is null is lost.
        if value == .null, index == 0, creation != nil { return 1 }
        var elements = try Self.elements(of: value)
        let isNew = index == elements.count && creation != nil
        if isNew { elements.append(made(for: rest)) }
        guard index < elements.count else {
            throw Mismatch(message: "the list has \(elements.count) elements, so none at \(index)")
        }
        let count = try update(&elements[index], rest, isNew: isNew, change)
        value = .array(elements)
        return count
    }

    private func updateAll(
        of value: inout Value, _ rest: ArraySlice<String>, _ change: Change
    ) throws(Mismatch) -> Int {
        var elements = try Self.elements(of: value)
        var count = 0
        for index in elements.indices { count += try update(&elements[index], rest, isNew: false, change) }
        value = .array(elements)
        return count
    }

    private func updateSelected(
        _ part: String, of value: inout Value, _ rest: ArraySlice<String>, _ change: Change
    ) throws(Mismatch) -> Int {
        let (key, text) = try FieldPath.selector(part)
        if value == .null, creation != nil { return 1 }
        var elements = try Self.elements(of: value)
        func matches(_ element: Value) -> Bool {
            let field = key.isEmpty ? element : element.object?[key]
            // What is no scalar is held against the pattern as YAML.
            let text = field.map { $0.scalarText ?? YAML.text($0).trimmed }
            return text.map { patterns[part]?.matches($0) ?? false } ?? false
        }
        var count = 0
        for index in elements.indices where matches(elements[index]) {
            // A plain element has nothing within: what is left of the path is left out.
            count += try update(&elements[index], key.isEmpty ? [] : rest, isNew: false, change)
        }
        if count == 0, creation != nil {
            elements.append(key.isEmpty ? .string(text) : .object([key: Value(plainScalar: text)]))
            guard matches(elements[elements.count - 1]) else {
                throw Mismatch(message: "\(part) makes no element that it selects")
            }
            // What the element is found by has no type of its own either.
            if !key.isEmpty, Array(rest) == [key] {
                var field = Value.string(text)
                try change(&field, true)
                elements[elements.count - 1] = .object([key: field])
                count = 1
            } else {
                count = try update(&elements[elements.count - 1], key.isEmpty ? [] : rest, isNew: key.isEmpty, change)
            }
        }
        value = .array(elements)
        return count
    }

    private static func elements(of value: Value) throws(Mismatch) -> [Value] {
        switch value {
        case .array(let elements): return elements
        case .null: return []
        default: throw Mismatch(message: "there is a \(value.typeName) and no list")
        }
    }
}
