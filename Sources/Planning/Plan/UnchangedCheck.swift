// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Whether applying a manifest would change nothing, told without asking the server: our Apply entry covers exactly the
/// manifest's fields, and the live object has the manifest's values there.
///
/// It walks `fieldsV1` itself, so that it needs no schema and is right for custom kinds. Where it cannot be sure (another
/// spelling of a quantity, a list whose order moved, a null) it says no, and a dry run tells.
package enum UnchangedCheck {
    /// - Parameters:
    ///   - manifest: as it would be sent, with the owner label.
    ///   - live: with its `managedFields`.
    package static func holds(_ manifest: Object, in live: Object) -> Bool {
        guard let fields = entry(of: live, apiVersion: manifest.apiVersion) else { return false }
        var wanted = manifest
        for key in ["apiVersion", "kind", "status"] { wanted[key] = nil }
        var metadata = wanted.metadata
        for key in ["name", "namespace", "creationTimestamp"] { metadata[key] = nil }
        wanted["metadata"] = metadata.isEmpty ? nil : .object(metadata)
        return covers(fields, wanted, live, depth: 0)
    }

    /// `fieldsV1` of our entry: it follows the version of the last apply, so another one says nothing.
    private static func entry(of live: Object, apiVersion: String) -> Object? {
        for entry in live.value(at: "metadata", "managedFields")?.array ?? []
        where entry["manager"]?.string == PruneRules.fieldManager && entry["operation"]?.string == "Apply"
            && (entry["subresource"]?.string ?? "").isEmpty
        {
            return entry["apiVersion"]?.string == apiVersion ? entry["fieldsV1"]?.object : nil
        }
        return nil
    }

    private static func covers(_ fields: Object, _ wanted: Object, _ live: Object, depth: Int) -> Bool {
        guard depth < 64 else { return false }
        for pair in wanted.pairs {
            guard let below = fields["f:\(pair.key)"]?.object, let present = live[pair.key],
                holds(below, pair.value, present, depth: depth + 1)
            else { return false }
        }
        // A field that only the entry has left the manifest, and would be removed.
        return wanted.count == fields.pairs.count { $0.key != "." }
    }

    private static func holds(_ fields: Object, _ wanted: Value, _ live: Value, depth: Int) -> Bool {
        guard fields.pairs.contains(where: { $0.key != "." }) else {
            switch (wanted, live) {
            // What we sent empty is ours by presence only: what is in it now are others' fields, or defaults.
            case (.object(let sent), .object) where sent.isEmpty: return true
            case (.array(let sent), .array) where sent.isEmpty: return true
            default: return wanted == live
            }
        }
        switch (wanted, live) {
        case (.object(let wanted), .object(let live)): return covers(fields, wanted, live, depth: depth)
        case (.array(let wanted), .array(let live)): return coversItems(fields, wanted, live, depth: depth)
        default: return false
        }
    }

    private static func coversItems(_ fields: Object, _ wanted: [Value], _ live: [Value], depth: Int) -> Bool {
        let elements = fields.pairs.filter { $0.key != "." }
        guard elements.count == wanted.count else { return false }
        var places: [Int?] = Array(repeating: nil, count: wanted.count)
        for pair in elements {
            guard let element = PathElement(serialized: pair.key), let below = pair.value.object else { return false }
            switch element {
            case .value(let value):
                guard let index = only(wanted, where: { $0 == value }), let place = only(live, where: { $0 == value })
                else { return false }
                places[index] = place
            case .key(let keys):
                guard let place = only(live, where: { item in keys.allSatisfy { item[$0.name] == $0.value } }),
                    let index = only(
                        wanted,
                        where: { item in
                            // A key field with a default may be left out of the manifest.
                            keys.allSatisfy { item[$0.name] == nil || item[$0.name] == $0.value }
                        }), let item = wanted[index].object, let present = live[place].object,
                    covers(below, item, present, depth: depth + 1)
                else { return false }
                places[index] = place
            case .field, .index: return false
            }
        }
        let found = places.compactMap(\.self)
        return found.count == wanted.count && zip(found, found.dropFirst()).allSatisfy { $0 < $1 }
    }

    /// The place of the one item for which it is true; nil for none and for several.
    private static func only(_ items: [Value], where isMeant: (Value) -> Bool) -> Int? {
        var found: Int?
        for (index, item) in items.enumerated() where isMeant(item) {
            guard found == nil else { return nil }
            found = index
        }
        return found
    }
}
