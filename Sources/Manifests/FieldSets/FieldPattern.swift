// SPDX-License-Identifier: Apache-2.0

/// Fields of an object, as people write them: `spec.replicas`, `metadata.annotations["example.com/x"]`,
/// `spec.template.spec.containers[name=api].env[*].value`. What is below a field that matches, matches too.
package struct FieldPattern: Sendable, Hashable, CustomStringConvertible {
    enum Step: Sendable, Hashable {
        case field(String)
        case anyField
        /// The items of a list that have these keys, as text; none means all of them.
        case items([Key])
    }

    struct Key: Sendable, Hashable {
        var name: String
        var value: String
    }

    package let description: String
    let steps: [Step]

    /// Nil where the text has no such form.
    package init?(_ text: String) {
        guard text.utf8.count <= 512, let steps = Self.parse(text), !steps.isEmpty, steps.count <= 32 else {
            return nil
        }
        guard case .field = steps[0] else { return nil }
        description = text
        self.steps = steps
    }

    /// Whether a field is meant, by its path as the server prints it in conflicts.
    package func matches(serverPath text: String) -> Bool { Self.match(steps[...], text[...]) }

    // MARK: Reading

    private static func parse(_ text: String) -> [Step]? {
        var steps: [Step] = []
        var rest = text[...]
        if rest.first == "." { rest.removeFirst() }
        var needsField = true
        while !rest.isEmpty {
            if rest.first == "[" {
                guard !needsField, let (inner, after) = bracket(rest), let step = step(inBrackets: inner) else {
                    return nil
                }
                steps.append(step)
                rest = after
            } else {
                if !needsField {
                    guard rest.first == "." else { return nil }
                    rest.removeFirst()
                }
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty, !name.contains(where: { $0.isWhitespace || $0 == "]" || $0 == "\"" }) else {
                    return nil
                }
                steps.append(name == "*" ? .anyField : .field(String(name)))
                rest = rest[name.endIndex...]
            }
            needsField = false
        }
        return steps
    }

    private static func step(inBrackets inner: Substring) -> Step? {
        if inner == "*" { return .items([]) }
        if inner.first == "\"" { return unquoted(inner).map { .field($0) } }
        let keys = keys(inner)
        return keys.isEmpty ? nil : .items(keys)
    }

    /// What is between a bracket and the one that closes it, and what comes behind. Quotes may hold brackets.
    static func bracket(_ text: Substring) -> (inner: Substring, after: Substring)? {
        var isQuoted = false
        var isEscaped = false
        for index in text.indices.dropFirst() {
            let character = text[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == "]", !isQuoted {
                return (text[text.index(after: text.startIndex)..<index], text[text.index(after: index)...])
            }
        }
        return nil
    }

    /// `name="api",protocol=TCP`; empty for anything else.
    private static func keys(_ inner: Substring) -> [Key] {
        var keys: [Key] = []
        var rest = inner
        while !rest.isEmpty {
            guard let equals = rest.firstIndex(of: "="), equals != rest.startIndex else { return [] }
            let name = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
            let value: Substring
            if rest.first == "\"" {
                guard let end = rest.dropFirst().firstIndex(of: "\"") else { return [] }
                value = rest[...end]
            } else {
                value = rest.prefix { $0 != "," }
            }
            guard let text = unquoted(value), !text.isEmpty else { return [] }
            keys.append(Key(name: name, value: text))
            rest = rest[value.endIndex...]
            if rest.first == "," { rest.removeFirst() } else if !rest.isEmpty { return [] }
        }
        return keys
    }

    private static func unquoted(_ text: Substring) -> String? {
        guard text.first == "\"" else { return String(text) }
        return (try? JSON.parse(String(text)))?.string
    }

    /// Whether an item of a list is what stands between brackets: `name="api"`, `="x"`, `3`.
    static func isNamed(_ item: Value, at index: Int, by inner: Substring) -> Bool {
        if let number = Int(inner) { return number == index }
        if inner.first == "=" { return unquoted(inner.dropFirst()) == item.scalarText }
        let keys = keys(inner)
        // Where the item states a key of its name, it is this one; `protocol` has a default and may be left out.
        return keys.contains { item[$0.name] != nil }
            && keys.allSatisfy { key in item[key.name].map { $0.scalarText == key.value } ?? true }
    }

    // MARK: Matching

    private static func match(_ steps: ArraySlice<Step>, _ text: Substring) -> Bool {
        guard let step = steps.first else { return text.isEmpty || text.first == "." || text.first == "[" }
        switch step {
        case .field(let name):
            // The server prints names with dots as they are: only the pattern knows where they end.
            guard text.hasPrefix(".\(name)") else { return false }
            let rest = text.dropFirst(name.count + 1)
            return match(steps.dropFirst(), rest)
        case .anyField:
            guard text.first == "." else { return false }
            return match(steps.dropFirst(), text.dropFirst().drop { $0 != "." && $0 != "[" })
        case .items(let wanted):
            guard text.first == "[", let (inner, after) = bracket(text) else { return false }
            let found = keys(inner)
            return wanted.allSatisfy(found.contains) && match(steps.dropFirst(), after)
        }
    }
}

extension Object {
    /// Without the field at a path as the server prints it; nil where there is no such field. Maps and lists that held
    /// it stay.
    package func removing(serverPath text: String) -> Object? {
        Self.remove(text[...], from: .object(self))?.object
    }

    /// An empty path means the value itself, which is gone then.
    private static func remove(_ text: Substring, from value: Value) -> Value? {
        switch value {
        case .object(var object):
            guard text.first == "." else { return nil }
            // Names with dots are printed as they are: the longest that fits is meant.
            let names = object.keys.filter { name in
                guard text.dropFirst().hasPrefix(name) else { return false }
                let rest = text.dropFirst(name.count + 1)
                return rest.isEmpty || rest.first == "." || rest.first == "["
            }
            for name in names.sorted(by: { $0.count > $1.count }) {
                let rest = text.dropFirst(name.count + 1)
                if rest.isEmpty {
                    object[name] = nil
                    return .object(object)
                }
                guard let child = object[name], let changed = remove(rest, from: child) else { continue }
                object[name] = changed
                return .object(object)
            }
            return nil
        case .array(var items):
            guard let (inner, rest) = FieldPattern.bracket(text),
                let index = items.indices.first(where: { FieldPattern.isNamed(items[$0], at: $0, by: inner) })
            else { return nil }
            if rest.isEmpty {
                items.remove(at: index)
                return .array(items)
            }
            guard let changed = remove(rest, from: items[index]) else { return nil }
            items[index] = changed
            return .array(items)
        default: return nil
        }
    }
}
