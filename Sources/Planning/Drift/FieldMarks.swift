// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Fields of an object, each with a mark that stands for its value: what is remembered of the fields of one manager.
struct FieldMarks: Sendable, Hashable {
    /// Of a field whose value is of no interest, as long as it is there.
    static let present = "+"
    /// Of a field that is not there.
    static let absent = "-"

    /// Nil where only what is below it is in the set.
    var mark: String?
    /// Stands for the order of the keyed items below, and for how often each is there.
    var order: String?
    /// Sorted.
    var children: [Child] = []

    struct Child: Sendable, Hashable {
        var element: PathElement
        var marks: FieldMarks
    }

    init() {}

    init(mark: String) { self.mark = mark }

    var isEmpty: Bool { mark == nil && children.isEmpty }

    func contains(_ path: ArraySlice<PathElement>) -> Bool {
        guard let first = path.first else { return mark != nil }
        return children.first { $0.element == first }?.marks.contains(path.dropFirst()) ?? false
    }

    /// Every marked field with its path.
    func flattened(below path: [PathElement] = []) -> [(path: [PathElement], mark: String)] {
        let own = mark.map { [(path: path, mark: $0)] } ?? []
        return own + children.flatMap { $0.marks.flattened(below: path + [$0.element]) }
    }
}

// MARK: Taking marks

/// Takes the marks of one object.
struct FieldMarker {
    let object: ObjectID
    let hash: FieldHash

    func mark(_ value: Value?, at place: String) -> String {
        value.map { hash.mark($0, at: "\(object.key) \(place)") } ?? FieldMarks.absent
    }

    /// The marks of our own fields.
    ///
    /// - Parameter sent: what we sent at the place. Where that was an empty map or list, the server fills in its defaults
    ///   below a field that is listed as ours, and others may change them: only presence counts there.
    func own(_ set: FieldSet, of live: Value?, sent: Value?, at place: String = "") -> FieldMarks {
        var marks = FieldMarks()
        for element in set.sortedElements {
            let below = set.child(element)
            let here = "\(place)/\(element.serialized)"
            let value = live?.child(element)
            let sentValue = sent?.child(element, leniently: true)
            var child = below.isEmpty ? FieldMarks() : own(below, of: value, sent: sentValue, at: here)
            if set.members.contains(element) {
                let isPresenceOnly = !below.isEmpty || sentValue?.isEmptyContainer == true
                child.mark = isPresenceOnly ? presence(value) : mark(value, at: here)
            }
            marks.children.append(FieldMarks.Child(element: element, marks: child))
        }
        marks.order = order(of: marks.children.map(\.element), in: live, at: place)
        return marks
    }

    func presence(_ value: Value?) -> String { value == nil ? FieldMarks.absent : FieldMarks.present }

    /// The marks of another manager's fields that are not ours. An item of a list that is wholly theirs is one field.
    func foreign(_ set: FieldSet, notIn own: FieldSet, of live: Value?, at place: String = "") -> FieldMarks {
        var marks = FieldMarks()
        for element in set.sortedElements {
            // Some write the status without its subresource.
            if place.isEmpty, element == .field("status") { continue }
            let below = set.child(element)
            let ownBelow = own.child(element)
            let isOurs = own.members.contains(element) || !ownBelow.isEmpty
            let here = "\(place)/\(element.serialized)"
            let value = live?.child(element)
            var child = FieldMarks()
            if !isOurs, element.isItem || below.isEmpty {
                child.mark = mark(value, at: here)
            } else if !below.isEmpty {
                child = foreign(below, notIn: ownBelow, of: value, at: here)
            }
            if !child.isEmpty { marks.children.append(FieldMarks.Child(element: element, marks: child)) }
        }
        return marks
    }

    /// Marks of what nobody owns: the server's defaults. Below what is ours as a whole nothing is looked at.
    func unowned(by sets: [FieldSet], in live: Value, at place: String = "") -> [String] {
        switch live {
        case .object(let object):
            return object.pairs.flatMap { pair -> [String] in
                if place.isEmpty, Self.withoutDefaults.contains(pair.key) { return [] }
                let element = PathElement.field(pair.key)
                if sets.contains(where: { $0.members.contains(element) && $0.child(element).isEmpty }) { return [] }
                let below = sets.map { $0.child(element) }
                let here = "\(place)/\(element.serialized)"
                if pair.value.object == nil, below.allSatisfy(\.isEmpty) { return [mark(pair.value, at: here)] }
                return unowned(by: below, in: pair.value, at: here)
            }
        case .array:
            // Of items that are known by their keys; each once, whoever owns it.
            let items = Set(sets.flatMap { $0.sortedElements.filter(\.isItem) }).sorted()
            return items.flatMap { element -> [String] in
                guard let item = live.child(element) else { return [] }
                return unowned(
                    by: sets.map { $0.child(element) }, in: item, at: "\(place)/\(element.serialized)")
            }
        default: return []
        }
    }

    private static let withoutDefaults: Set = ["apiVersion", "kind", "metadata", "status", "data", "stringData"]

    /// Nil where there are no keyed items among the elements.
    func order(of elements: [PathElement], in live: Value?, at place: String) -> String? {
        let items = elements.filter(\.isItem)
        guard !items.isEmpty else { return nil }
        let order = (live?.array ?? []).compactMap { item in
            items.first { Value.array([item]).child($0) != nil }.map { Value.string($0.serialized) }
        }
        return mark(.array(order), at: "\(place)#")
    }
}

extension PathElement {
    /// An item of a keyed list or of a set.
    var isItem: Bool {
        switch self {
        case .key, .value: true
        case .field, .index: false
        }
    }
}

extension FieldSet {
    var sortedElements: [PathElement] { members.union(children.keys).sorted() }

    /// Whether something at the path, above it as a whole, or below it is in the set.
    func touches(_ path: ArraySlice<PathElement>) -> Bool {
        guard let first = path.first else { return true }
        return children[first].map { $0.touches(path.dropFirst()) } ?? members.contains(first)
    }
}

extension Value {
    var isEmptyContainer: Bool {
        switch self {
        case .array(let items): items.isEmpty
        case .object(let object): object.isEmpty
        default: false
        }
    }

    /// What an element leads to.
    ///
    /// - Parameter leniently: fields of a key may be missing: the server defaults them (a port's protocol).
    func child(_ element: PathElement, leniently: Bool = false) -> Value? {
        switch element {
        case .field(let name): self[name]
        case .index(let index): self[index]
        case .value, .key: place(of: element, leniently: leniently).flatMap { self[$0] }
        }
    }

    /// The place of an item in a list.
    func place(of element: PathElement, leniently: Bool = false) -> Int? {
        guard let items = array else { return nil }
        switch element {
        case .value(let value): return items.firstIndex(of: value)
        case .key(let fields):
            let exact = items.firstIndex { item in fields.allSatisfy { item[$0.name] == $0.value } }
            guard exact == nil, leniently else { return exact }
            return items.firstIndex { item in
                fields.allSatisfy { item[$0.name] == nil || item[$0.name] == $0.value }
                    && fields.contains { item[$0.name] == $0.value }
            }
        case .field, .index: return nil
        }
    }
}

// MARK: As JSON

extension FieldMarks {
    /// In the shape of `fieldsV1`: a mark where nothing is below, `.` and `#` for the marks of what has more below.
    var value: Value {
        if children.isEmpty, order == nil, let mark { return .string(mark) }
        var object = Object()
        if let mark { object["."] = .string(mark) }
        if let order { object["#"] = .string(order) }
        let pairs = children.map { Object.Pair(key: $0.element.serialized, value: $0.marks.value) }
        return .object(Object(uniqueKeysWithValues: object.pairs + pairs))
    }

    init?(_ value: Value) {
        if let mark = value.string {
            self.init(mark: mark)
            return
        }
        guard let object = value.object else { return nil }
        self.init()
        for pair in object.pairs {
            switch pair.key {
            case ".": mark = pair.value.string
            case "#": order = pair.value.string
            default:
                guard let element = PathElement(serialized: pair.key), let marks = FieldMarks(pair.value) else {
                    return nil
                }
                children.append(Child(element: element, marks: marks))
            }
        }
    }
}
