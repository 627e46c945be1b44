// SPDX-License-Identifier: Apache-2.0

/// JSON patch (RFC 6902) over JSON pointers (RFC 6901).
package enum JSONPatch {
    /// Whose reading of the standard it is.
    package enum Flavor: Sendable {
        case standard
        /// What kustomize takes beyond it (evanphx/json-patch 4): `replace` of a member that is not there sets it, a
        /// missing `value` is null, and so is a missing member to `test`; an index may be negative or have zeros or a
        /// plus before it; `~` stays where it escapes nothing; and what stands before the first slash of a path is left
        /// out, so that `a/b` is `/b`.
        case kustomize
    }

    /// Applies a list of operations, all or none.
    ///
    /// - Throws: `PatchError` with the operation's index and path: an unknown operation, a missing member, a path that
    ///   leads nowhere, a `test` that fails, a value that grows beyond a million nodes or 200 levels. Messages hold no
    ///   values.
    package static func apply(
        _ operations: Value, to value: Value, flavor: Flavor = .standard
    ) throws(PatchError) -> Value {
        var copies = Int.max
        return try apply(operations, to: value, flavor: flavor, copying: &copies)
    }

    /// - Parameter copies: how much may still be copied, by `Value.weight`; less what was.
    package static func apply(
        _ operations: Value, to value: Value, flavor: Flavor, copying copies: inout Int
    ) throws(PatchError) -> Value {
        guard case .array(let list) = operations else {
            throw PatchError(path: "", message: "a JSON patch is a list of operations, not a \(operations.typeName)")
        }
        var result = value
        var growth = Growth()
        for (index, operation) in list.enumerated() {
            do throws(PatchError) {
                try perform(operation, on: &result, &growth, &copies, flavor)
            } catch {
                throw PatchError(path: error.path, message: error.message, operation: index)
            }
        }
        return result
    }

    private static func perform(
        _ operation: Value, on value: inout Value, _ growth: inout Growth, _ copies: inout Int, _ flavor: Flavor
    ) throws(PatchError) {
        guard case .object(let members) = operation else {
            throw PatchError(path: "", message: "an operation is a map, not a \(operation.typeName)")
        }
        guard let name = members["op"]?.string else { throw PatchError(path: "", message: "\"op\" is missing") }
        let path = try pointer("path", of: members, flavor)
        switch name {
        case "add":
            let new = try member("value", of: members, path, flavor)
            try growth.admit(new, at: path)
            try value.add(new, at: path)
        case "replace":
            let new = try member("value", of: members, path, flavor)
            try growth.admit(new, at: path)
            if flavor == .standard { _ = try value.read(path) }
            try value.write(new, at: path)
        case "remove": try value.remove(at: path)
        case "move":
            let source = try pointer("from", of: members, flavor)
            guard !(path.parts.count > source.parts.count && path.parts.starts(with: source.parts)) else {
                throw PatchError(path: path.text, message: "a value cannot be moved into itself")
            }
            let moved = try value.read(source)
            try growth.admit(moved, at: path)
            try value.remove(at: source)
            try value.add(moved, at: path)
        case "copy":
            let copied = try value.read(pointer("from", of: members, flavor))
            try growth.admit(copied, at: path)
            copies -= copied.weight(upTo: copies)
            guard copies >= 0 else { throw PatchError(path: path.text, message: "too much is copied in all") }
            try value.add(copied, at: path)
        case "test":
            guard try tested(value, at: path, flavor) == member("value", of: members, path, flavor) else {
                throw PatchError(path: path.text, message: "the test failed: the value there is another")
            }
        default: throw PatchError(path: path.text, message: "unknown operation \"\(name)\"")
        }
    }

    private static func member(
        _ key: String, of operation: Object, _ path: JSONPointer, _ flavor: Flavor
    ) throws(PatchError) -> Value {
        if let value = operation[key] { return value }
        guard flavor == .kustomize else { throw PatchError(path: path.text, message: "\"\(key)\" is missing") }
        return .null
    }

    private static func pointer(
        _ key: String, of operation: Object, _ flavor: Flavor
    ) throws(PatchError) -> JSONPointer {
        guard let text = operation[key]?.string else { throw PatchError(path: "", message: "\"\(key)\" is missing") }
        return try JSONPointer(text, flavor)
    }

    /// What a test is about: only a parent has to be there for kustomize.
    private static func tested(
        _ value: Value, at path: JSONPointer, _ flavor: Flavor
    ) throws(PatchError) -> Value {
        guard flavor == .kustomize, let last = path.parts.last,
            case .object(let parent) = try value.read(path.parent)
        else { return try value.read(path) }
        return parent[last] ?? .null
    }
}

/// What the operations of one patch may put in. A few copies of copies would make a tree that no memory holds or no stack
/// is deep enough for.
private struct Growth {
    private var nodes = 1_000_000
    private static let depth = 200

    mutating func admit(_ value: Value, at path: JSONPointer) throws(PatchError) {
        try count(value, depth: path.parts.count + 1, path)
    }

    private mutating func count(_ value: Value, depth: Int, _ path: JSONPointer) throws(PatchError) {
        nodes -= 1
        guard nodes >= 0 else { throw PatchError(path: path.text, message: "the patch makes the object too large") }
        guard depth <= Self.depth else {
            // Not the path: it may be as deep.
            throw PatchError(path: "", message: "the patch nests values deeper than \(Self.depth) levels")
        }
        switch value {
        case .array(let elements): for element in elements { try count(element, depth: depth + 1, path) }
        case .object(let object): for pair in object.pairs { try count(pair.value, depth: depth + 1, path) }
        default: break
        }
    }
}

extension Value {
    fileprivate func read(_ pointer: JSONPointer) throws(PatchError) -> Value {
        var current = self
        for part in pointer.parts {
            switch current {
            case .object(let object):
                guard let next = object[part] else {
                    throw PatchError(path: pointer.text, message: "there is no \"\(part)\"")
                }
                current = next
            case .array(let elements):
                current = elements[try Self.index(part, in: elements, isInsertion: false, pointer)]
            default:
                throw PatchError(path: pointer.text, message: "a \(current.typeName) has no \"\(part)\"")
            }
        }
        return current
    }

    fileprivate mutating func add(_ value: Value, at pointer: JSONPointer) throws(PatchError) {
        try change(pointer.parts[...], pointer) { (parent, part) throws(PatchError) in
            if case .array(var elements) = parent {
                parent = .null
                elements.insert(value, at: try Self.index(part, in: elements, isInsertion: true, pointer))
                parent = .array(elements)
            } else {
                try parent.setMember(value, part, pointer)
            }
        } root: { root in
            root = value
        }
    }

    fileprivate mutating func write(_ value: Value, at pointer: JSONPointer) throws(PatchError) {
        try change(pointer.parts[...], pointer) { (parent, part) throws(PatchError) in
            if case .array(var elements) = parent {
                parent = .null
                elements[try Self.index(part, in: elements, isInsertion: false, pointer)] = value
                parent = .array(elements)
            } else {
                try parent.setMember(value, part, pointer)
            }
        } root: { root in
            root = value
        }
    }

    fileprivate mutating func remove(at pointer: JSONPointer) throws(PatchError) {
        _ = try read(pointer)
        try change(pointer.parts[...], pointer) { (parent, part) throws(PatchError) in
            if case .array(var elements) = parent {
                elements.remove(at: try Self.index(part, in: elements, isInsertion: false, pointer))
                parent = .array(elements)
            } else {
                try parent.setMember(nil, part, pointer)
            }
        } root: { root in
            root = .null
        }
    }

    private mutating func setMember(_ value: Value?, _ key: String, _ pointer: JSONPointer) throws(PatchError) {
        guard case .object(var object) = self else {
            throw PatchError(path: pointer.text, message: "a \(typeName) has no \"\(key)\"")
        }
        object[key] = value
        self = .object(object)
    }

    /// Walks to the parent of a pointer's last part and changes it.
    private mutating func change(
        _ parts: ArraySlice<String>, _ pointer: JSONPointer,
        _ body: (inout Value, String) throws(PatchError) -> Void, root: (inout Value) -> Void
    ) throws(PatchError) {
        guard let part = parts.first else {
            root(&self)
            return
        }
        guard parts.count > 1 else {
            try body(&self, part)
            return
        }
        switch self {
        case .object(var object):
            guard var child = object[part] else {
                throw PatchError(path: pointer.text, message: "there is no \"\(part)\"")
            }
            try child.change(parts.dropFirst(), pointer, body, root: root)
            object[part] = child
            self = .object(object)
        case .array(var elements):
            let index = try Self.index(part, in: elements, isInsertion: false, pointer)
            try elements[index].change(parts.dropFirst(), pointer, body, root: root)
            self = .array(elements)
        default: throw PatchError(path: pointer.text, message: "a \(typeName) has no \"\(part)\"")
        }
    }

    private static func index(
        _ part: String, in elements: [Value], isInsertion: Bool, _ pointer: JSONPointer
    ) throws(PatchError) -> Int {
        if part == "-", isInsertion { return elements.count }
        if pointer.flavor == .kustomize, let index = lenientIndex(part, in: elements, isInsertion: isInsertion) {
            return index
        }
        guard part.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }), part == "0" || !part.hasPrefix("0"),
            let index = Int(part)
        else { throw PatchError(path: pointer.text, message: "\"\(part)\" is no index of a list") }
        guard index < elements.count + (isInsertion ? 1 : 0) else {
            throw PatchError(
                path: pointer.text, message: "the list has \(elements.count) elements, so none at \(index)")
        }
        return index
    }

    /// `-1` is the last element, or the end where something is put in.
    private static func lenientIndex(_ part: String, in elements: [Value], isInsertion: Bool) -> Int? {
        guard var index = Int(part) else { return nil }
        let count = elements.count + (isInsertion ? 1 : 0)
        if index < 0 { index += count }
        return index >= 0 && index < count ? index : nil
    }
}
