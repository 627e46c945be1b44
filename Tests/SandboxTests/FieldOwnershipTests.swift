// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Field ownership, over random histories")
struct FieldOwnershipTests {
    static let definition: Object = [
        "spec": [
            "group": "example.com", "scope": "Cluster", "names": ["plural": "things", "kind": "Thing"],
            "versions": [
                [
                    "name": "v1", "served": true, "storage": true,
                    "schema": [
                        "openAPIV3Schema": [
                            "type": "object",
                            "properties": [
                                "spec": [
                                    "type": "object",
                                    "properties": [
                                        "a": ["type": "integer"], "b": ["type": "integer"],
                                        "map": ["type": "object", "additionalProperties": ["type": "integer"]],
                                        "atomic": ["type": "array", "items": ["type": "integer"]],
                                        "set": [
                                            "type": "array", "x-kubernetes-list-type": "set",
                                            "items": ["type": "string"],
                                        ],
                                        "list": [
                                            "type": "array", "x-kubernetes-list-type": "map",
                                            "x-kubernetes-list-map-keys": ["name"],
                                            "items": [
                                                "type": "object", "required": ["name"],
                                                "properties": [
                                                    "name": ["type": "string"], "x": ["type": "integer"],
                                                    "y": ["type": "integer"],
                                                ],
                                            ],
                                        ],
                                    ],
                                ]
                            ],
                        ]
                    ],
                ]
            ],
        ]
    ]

    static let names = ["p", "q", "r"]

    /// An object and its owners, with the writes that clients make.
    struct History {
        var random: SplitMix64
        var live: Object = ["apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": "t"]]
        var fields = ManagedFields()
        let versions: FieldVersions

        mutating func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }
        mutating func number() -> Value { .integer(Int64(random.next() % 3)) }

        mutating func shuffledNames() -> [String] {
            var names = FieldOwnershipTests.names.filter { _ in random.next() % 100 < 50 }
            if names.count > 1, chance(50) { names.reverse() }
            // Never none: an emptied map or list is gone from what is stored, and applying it again adds it anew.
            return names.isEmpty ? ["p"] : names
        }

        /// Some of the fields, with few values, so that managers meet.
        mutating func configuration() -> Object {
            var spec = Object()
            if chance(60) { spec["a"] = number() }
            if chance(40) { spec["b"] = number() }
            if chance(50) { spec["map"] = .object(Object(shuffledNames().map { ($0, number()) })) }
            if chance(40) { spec["atomic"] = [number(), number()] }
            if chance(40) { spec["set"] = .array(shuffledNames().map { .string($0) }) }
            if chance(60) {
                let items = shuffledNames().map { name -> Value in
                    var item: Object = ["name": .string(name)]
                    if chance(60) { item["x"] = number() }
                    if chance(40) { item["y"] = number() }
                    return .object(item)
                }
                spec["list"] = .array(items)
            }
            if spec.isEmpty { spec["a"] = number() }
            return [
                "apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": "t"], "spec": .object(spec),
            ]
        }

        func manager(_ name: String, _ operation: String) -> ManagedFields.Manager {
            ManagedFields.Manager(name: name, operation: operation, apiVersion: "example.com/v1", subresource: "")
        }

        mutating func apply(_ configuration: Object, as name: String, force: Bool) throws(StatusError) {
            var fields = fields
            let merged = try fields.apply(
                configuration, to: live, versions: versions, manager: manager(name, "Apply"), force: force, time: "t")
            self.fields = fields
            if let merged { live = merged }
        }

        mutating func update(to object: Object, as name: String) throws(StatusError) {
            try fields.update(
                from: live, to: object, versions: versions, manager: manager(name, "Update"), time: "t")
            live = object
        }
    }

    func history(_ seed: UInt64) throws -> History {
        let type = try #require(ResourceType.types(of: Self.definition).first)
        return History(
            random: SplitMix64(seed: seed), versions: FieldVersions(type: type, types: [type], subresource: ""))
    }

    static func exists(_ path: ArraySlice<PathElement>, in value: Value) -> Bool {
        guard let step = path.first else { return true }
        let below: Value? =
            switch step {
            case .field(let name): value[name]
            case .key(let keys):
                value.array?.first { item in keys.allSatisfy { item[$0.name] == $0.value } }
            case .value(let member): value.array?.first { $0 == member }
            case .index(let index): value[index]
            }
        return below.map { exists(path.dropFirst(), in: $0) } ?? false
    }

    /// The model: a value is its leaves by path, whatever its schema's walkers think.
    static func leaves(_ object: Object) -> [String: Value] {
        var result: [String: Value] = [:]
        let spec = object["spec"]?.object ?? Object()
        for key in ["a", "b", "atomic"] { result[key] = spec[key] }
        for pair in spec["map"]?.object?.pairs ?? [] { result["map/\(pair.key)"] = pair.value }
        for item in spec["set"]?.array ?? [] { result["set/\(item.string ?? "")"] = item }
        for item in spec["list"]?.array ?? [] {
            for pair in item.object?.pairs ?? [] {
                result["list/\(item["name"]?.string ?? "")/\(pair.key)"] = pair.value
            }
        }
        return result
    }

    @Test("Every owned path exists; applying again changes nothing; what was taken has one owner", arguments: 0..<60)
    func invariants(seed: Int) throws {
        var history = try history(UInt64(seed))
        for _ in 0..<25 {
            let before = history
            let configuration = history.configuration()
            let name = ["a", "b", "c"][Int(history.random.next() % 3)]
            if history.chance(25) {
                try history.update(to: configuration, as: name)
            } else {
                let force = history.chance(50)
                do {
                    try history.apply(configuration, as: name, force: force)
                } catch {
                    #expect(!force && error.code == 409)
                    #expect(history.live == before.live && history.fields == before.fields)
                    continue
                }
                try checkApplied(configuration, by: name, before, history)
            }
            for entry in history.fields.entries {
                for path in entry.set.paths {
                    #expect(
                        Self.exists(path[...], in: .object(history.live)),
                        "\(entry.manager.name) owns \(path.map(\.pathText).joined()) of \(JSON.text(.object(history.live)))"
                    )
                }
            }
        }
    }

    func checkApplied(_ configuration: Object, by name: String, _ before: History, _ after: History) throws {
        var again = after
        try again.apply(configuration, as: name, force: false)
        #expect(again.live == after.live && again.fields == after.fields, "not idempotent")

        for (path, value) in Self.leaves(configuration) {
            #expect(Self.leaves(after.live)[path] == value, "\(path) is not what was applied")
        }
        let changed = TypedValue.compare(.object(before.live), .object(after.live), after.versions.schema).changed
        for entry in after.fields.entries where entry.manager != after.manager(name, "Apply") {
            #expect(entry.set.intersection(changed).isEmpty, "\(entry.manager.name) still owns what \(name) changed")
        }
        // Given up and owned by nobody: gone.
        let last = before.fields.entries.first { $0.manager == before.manager(name, "Apply") }?.set ?? FieldSet()
        let owned = after.fields.entries.reduce(FieldSet()) { $0.union($1.set) }
        let configured = TypedValue.fieldSet(.object(configuration), after.versions.schema)
        for path in last.subtracting(owned).subtracting(configured).paths where last.child(at: path).isEmpty {
            #expect(
                !Self.exists(path[...], in: .object(after.live)) || !owned.child(at: path).isEmpty,
                "\(path.map(\.pathText).joined()) has no owner and stayed")
        }
    }

    @Test("A merge has the leaves of both, the applied ones winning, and the applied order", arguments: 0..<100)
    func mergeModel(seed: Int) throws {
        var history = try history(UInt64(1000 + seed))
        let live = history.configuration()
        let applied = history.configuration()
        let merged = try #require(TypedValue.merge(.object(live), .object(applied), history.versions.schema)?.object)
        #expect(Self.leaves(merged) == Self.leaves(live).merging(Self.leaves(applied)) { $1 })
        func names(_ object: Object) -> [String] {
            (object.value(at: "spec", "list")?.array ?? []).compactMap { $0["name"]?.string }
        }
        #expect(names(merged).filter(names(applied).contains) == names(applied))
        #expect(
            names(merged).filter { !names(applied).contains($0) } == names(live).filter { !names(applied).contains($0) }
        )
    }

    @Test("Comparing tells exactly the leaves that differ", arguments: 0..<100)
    func compareModel(seed: Int) throws {
        var history = try history(UInt64(2000 + seed))
        let before = history.configuration()
        let after = history.configuration()
        let comparison = TypedValue.compare(.object(before), .object(after), history.versions.schema)
        let (old, new) = (Self.leaves(before), Self.leaves(after))
        let same = old.allSatisfy { new[$0.key] == $0.value } && new.count == old.count
        if !same { #expect(!comparison.isSame) }
        #expect(comparison.added.intersection(comparison.removed).isEmpty)
        #expect(comparison.added.intersection(comparison.modified).isEmpty)
        let back = TypedValue.compare(.object(after), .object(before), history.versions.schema)
        #expect(back.added == comparison.removed && back.removed == comparison.added)
        #expect(back.modified == comparison.modified)
    }
}

extension FieldSet {
    fileprivate func child(at path: [PathElement]) -> FieldSet { path.reduce(self) { $0.child($1) } }
}
