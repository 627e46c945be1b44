// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What our last apply left of an object: enough to tell from one later event whether anything was changed, and nothing
/// that would give a value away.
///
/// The server's answer to an apply holds the object in its canonical form and, in `managedFields`, which fields are ours.
/// So nothing has to be known of defaults, quantities or schemas to compare.
package struct DriftBaseline: Sendable, Hashable {
    package var uid: String
    package var generation: Int64?
    /// The version in which our entry names fields: what is compared is read in it. Empty where there is no entry.
    package var apiVersion: String
    /// Stands for the manifest that was applied.
    package var manifest: String
    var own: FieldMarks
    /// By manager, sorted.
    var foreign: [ForeignFields]
    /// `spec.replicas` where nobody owns them.
    var replicas: String?
    /// The beginnings of the marks of the server's defaults, sorted: who sets a field to its default changes nothing.
    var defaults: [Substring]

    private static let markLength = 8
    /// An object with more has none of them told apart.
    private static let maximumDefaults = 256

    struct ForeignFields: Sendable, Hashable {
        var manager: String
        var marks: FieldMarks
    }

    /// - Parameters:
    ///   - answer: what the server answered to the apply, or the live object right after it.
    ///   - sent: what git asks for.
    ///   - previous: the baseline before. What others had set by then counts as before, so that what they changed since
    ///     is not forgotten over a rollout.
    package init(of answer: Object, sent: Manifest, after previous: DriftBaseline?, hash: FieldHash) {
        let marker = FieldMarker(object: sent.id, hash: hash)
        let fields = LiveFields(answer)
        let live = Value.object(answer)
        uid = answer.uid
        generation = answer.generation
        apiVersion = fields.ours?.manager.apiVersion ?? ""
        manifest = Self.mark(of: sent, hash: hash)
        own = marker.own(fields.ours?.set ?? FieldSet(), of: live, sent: .object(sent.object))
        if let previous, previous.uid == answer.uid {
            foreign = previous.foreign
        } else {
            foreign = fields.foreignMarks(marker, live)
        }
        replicas = fields.unownedReplicas(of: answer).map { marker.mark($0, at: LiveFields.replicasPlace) }
        let sets = fields.others.map(\.set) + [fields.ours?.set ?? FieldSet()]
        let unowned = Set(marker.unowned(by: sets, in: live).map { $0.prefix(Self.markLength) })
        // What others hold now may go back to what it was before.
        let before = previous?.uid == answer.uid ? previous?.defaults ?? [] : []
        let all = unowned.union(before)
        defaults = [all, unowned, []].first { $0.count <= Self.maximumDefaults }?.sorted() ?? []
    }

    func isDefault(_ mark: String) -> Bool { defaults.contains(mark.prefix(Self.markLength)) }

    package static func mark(of manifest: Manifest, hash: FieldHash) -> String {
        hash.mark(.object(manifest.object), at: "\(manifest.id.key) manifest")
    }
}

/// The managed fields of a live object, told apart.
struct LiveFields {
    static let replicasPath: [PathElement] = [.field("spec"), .field("replicas")]
    static let replicasPlace = "replicas"
    /// Names that are ours besides: they hold no field that git states.
    private static let ownNames: Set = ["mainstay-replicas", "mainstay-controller"]

    /// Manager `mainstay`, operation Apply, no subresource: applying to a status makes another entry of our name.
    var ours: ManagedFields.Entry?
    var others: [ManagedFields.Entry]

    init(_ object: Object) {
        let entries = ManagedFields(object.metadata["managedFields"]).entries
        ours = entries.first { $0.isOurs }
        others = entries.filter {
            !$0.isOurs && $0.manager.subresource != "status" && !Self.ownNames.contains($0.manager.name)
        }
    }

    /// Who owns the field.
    func owner(of path: [PathElement]) -> String {
        others.first { $0.set.touches(path[...]) }?.manager.name ?? ""
    }

    /// One of each name, sorted.
    func foreignMarks(_ marker: FieldMarker, _ live: Value) -> [DriftBaseline.ForeignFields] {
        var sets: [String: FieldSet] = [:]
        for entry in others { sets[entry.manager.name] = (sets[entry.manager.name] ?? FieldSet()).union(entry.set) }
        return sets.sorted { $0.key < $1.key }.compactMap { name, set in
            let marks = marker.foreign(set, notIn: ours?.set ?? FieldSet(), of: live)
            return marks.isEmpty ? nil : DriftBaseline.ForeignFields(manager: name, marks: marks)
        }
    }

    func unownedReplicas(of object: Object) -> Value? {
        let sets = others.map(\.set) + [ours?.set ?? FieldSet()]
        guard !sets.contains(where: { $0.touches(Self.replicasPath[...]) }) else { return nil }
        return object.value(at: "spec", "replicas")
    }
}

extension ManagedFields.Entry {
    package var isOurs: Bool {
        manager.name == PruneRules.fieldManager && manager.isApplier && manager.subresource.isEmpty
    }
}

// MARK: As text

extension DriftBaseline {
    /// For the ledger; about a kilobyte for a Deployment.
    package var text: String {
        var object: Object = [
            "uid": .string(uid), "version": .string(apiVersion), "manifest": .string(manifest), "own": own.value,
        ]
        if let generation { object["generation"] = .integer(generation) }
        if let replicas { object["replicas"] = .string(replicas) }
        if !defaults.isEmpty { object["defaults"] = .string(defaults.joined()) }
        let pairs = foreign.map { Object.Pair(key: $0.manager, value: $0.marks.value) }
        if !pairs.isEmpty { object["foreign"] = .object(Object(uniqueKeysWithValues: pairs)) }
        return JSON.text(.object(object))
    }

    /// Nil for a text that is no baseline.
    package init?(text: String) {
        guard let object = (try? JSON.parse(text))?.object, let uid = object["uid"]?.string,
            let apiVersion = object["version"]?.string, let manifest = object["manifest"]?.string,
            let own = object["own"].flatMap(FieldMarks.init)
        else { return nil }
        self.uid = uid
        self.apiVersion = apiVersion
        self.manifest = manifest
        self.own = own
        generation = object["generation"]?.integer
        replicas = object["replicas"]?.string
        var marks = Substring(object["defaults"]?.string ?? "")
        defaults = []
        while !marks.isEmpty {
            defaults.append(Substring(String(marks.prefix(Self.markLength))))
            marks = marks.dropFirst(Self.markLength)
        }
        foreign = []
        for pair in object["foreign"]?.object?.pairs ?? [] {
            guard let marks = FieldMarks(pair.value) else { return nil }
            foreign.append(ForeignFields(manager: pair.key, marks: marks))
        }
    }
}
