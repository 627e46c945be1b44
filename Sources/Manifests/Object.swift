// SPDX-License-Identifier: Apache-2.0

/// A map with unique string keys that keeps insertion order and compares without regard to it.
///
/// Lookup is linear: Kubernetes objects have few keys at each level, and a list of pairs is the smallest form.
package struct Object: Sendable {
    package struct Pair: Sendable {
        package var key: String
        package var value: Value

        package init(key: String, value: Value) {
            self.key = key
            self.value = value
        }
    }

    package private(set) var pairs: [Pair]

    package init() { pairs = [] }

    /// Pairs in order; a repeated key keeps its first place and takes the last value.
    package init(_ elements: some Sequence<(String, Value)>) {
        pairs = []
        for (key, value) in elements { self[key] = value }
    }

    /// Pairs whose keys the caller knows to be unique.
    package init(uniqueKeysWithValues pairs: [Pair]) { self.pairs = pairs }

    package var isEmpty: Bool { pairs.isEmpty }
    package var count: Int { pairs.count }
    package var keys: [String] { pairs.map(\.key) }

    /// The value of a key. Setting nil removes the key; a new key goes to the end.
    package subscript(key: String) -> Value? {
        get {
            for pair in pairs where pair.key == key { return pair.value }
            return nil
        }
        set {
            let index = pairs.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): pairs[index].value = value
            case (let index?, nil): pairs.remove(at: index)
            case (nil, let value?): pairs.append(Pair(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    /// The value at a path of keys, or nil where a key is missing or something on the way is no map.
    package func value(at path: String...) -> Value? { value(at: path) }

    package func value(at path: [String]) -> Value? {
        var current = Value.object(self)
        for key in path {
            guard let next = current[key] else { return nil }
            current = next
        }
        return current
    }

    /// Sets the value at a path of keys, making maps on the way (and in place of anything that is no map).
    /// Nil removes the last key and leaves the maps on the way as they are.
    package mutating func set(_ value: Value?, at path: String...) { set(value, at: path[...]) }

    package mutating func set(_ value: Value?, at path: ArraySlice<String>) {
        guard let key = path.first else { return }
        if path.count == 1 {
            self[key] = value
            return
        }
        guard value != nil || self[key]?.object != nil else { return }
        var child = self[key]?.object ?? Object()
        child.set(value, at: path.dropFirst())
        self[key] = .object(child)
    }

    /// The same pairs, sorted by key at every depth: the form that digests are made of.
    package var sortedByKey: Object {
        Object(
            uniqueKeysWithValues: pairs.map { Pair(key: $0.key, value: $0.value.sortedByKey) }.sorted {
                $0.key < $1.key
            })
    }
}

extension Value {
    package var sortedByKey: Value {
        switch self {
        case .array(let elements): .array(elements.map(\.sortedByKey))
        case .object(let object): .object(object.sortedByKey)
        default: self
        }
    }
}

extension Object: Hashable {
    package static func == (left: Object, right: Object) -> Bool {
        guard left.pairs.count == right.pairs.count else { return false }
        // What did not change is often not even copied.
        let isSameStorage = left.pairs.withUnsafeBufferPointer { own in
            right.pairs.withUnsafeBufferPointer { own.baseAddress == $0.baseAddress }
        }
        if isSameStorage { return true }
        for (index, pair) in left.pairs.enumerated() {
            if right.pairs[index].key == pair.key {
                guard right.pairs[index].value == pair.value else { return false }
            } else {
                guard let other = right[pair.key], other == pair.value else { return false }
            }
        }
        return true
    }

    /// Independent of key order, as equality is.
    package func hash(into hasher: inout Hasher) {
        var sum = 0
        for pair in pairs {
            var own = Hasher()
            own.combine(pair.key)
            own.combine(pair.value)
            sum &+= own.finalize()
        }
        hasher.combine(pairs.count)
        hasher.combine(sum)
    }
}

extension Object: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, Value)...) { self.init(elements) }
}
