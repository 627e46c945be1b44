// SPDX-License-Identifier: Apache-2.0

package import Manifests

extension DriftBaseline {
    /// What is other than our last apply left it; nil where the object is read in another version than our fields are
    /// named in, and cannot be compared.
    package func differences(from live: Object, id: ObjectID, hash: FieldHash) -> [DriftDifference]? {
        guard apiVersion.isEmpty || live.apiVersion == apiVersion else { return nil }
        if uid != live.uid { return [DriftDifference(.replaced)] }
        if live.value(at: "metadata", "deletionTimestamp")?.string != nil { return [DriftDifference(.deleting)] }
        let comparison = Comparison(
            baseline: self, live: .object(live), fields: LiveFields(live), marker: FieldMarker(object: id, hash: hash))
        var found = comparison.ownDifferences + comparison.foreignDifferences
        if let scaled = comparison.scaled(live) { found.append(scaled) }
        // What is accounted for by a difference needs no other; a scale that was taken back leaves nothing but this.
        if found.isEmpty, let before = generation, let now = live.generation, now != before {
            found.append(DriftDifference(.generation))
        }
        return found
    }
}

extension Object {
    /// Stands for all that a comparison with a baseline looks at, in this process: two states of an object that have the
    /// same differ from a baseline in the same way. The status is left out unless it is written as a part of the whole.
    package var comparedContent: Int {
        let entries = metadata["managedFields"]?.array?.filter { $0["subresource"]?.string != "status" } ?? []
        let hasOwnStatus = entries.contains { $0["fieldsV1"]?["f:status"] != nil }
        var content = self
        var metadata = metadata
        metadata["resourceVersion"] = nil
        metadata["managedFields"] = .array(entries)
        content["metadata"] = .object(metadata)
        if !hasOwnStatus { content["status"] = nil }
        var hasher = Hasher()
        hasher.combine(content)
        return hasher.finalize()
    }
}

private struct Comparison {
    let baseline: DriftBaseline
    let live: Value
    let fields: LiveFields
    let marker: FieldMarker

    // MARK: Our fields

    var ownDifferences: [DriftDifference] {
        var found: [DriftDifference] = []
        let isReset = fields.ours == nil && !baseline.apiVersion.isEmpty
        if isReset { found.append(DriftDifference(.entry)) }
        compare(baseline.own, with: live, [], "", isReset, &found)
        for path in fields.ours?.set.paths ?? [] where !baseline.own.contains(path[...]) {
            found.append(DriftDifference(.gained, path))
        }
        return found
    }

    /// What is missing is told once, and not with everything below it.
    private func compare(
        _ marks: FieldMarks, with value: Value?, _ path: [PathElement], _ place: String, _ isReset: Bool,
        _ found: inout [DriftDifference]
    ) {
        if let mark = marks.mark {
            let now = mark == FieldMarks.present ? marker.presence(value) : marker.mark(value, at: place)
            if now != mark {
                found.append(difference(now == FieldMarks.absent ? .removed : .changed, path))
                if now == FieldMarks.absent { return }
            } else if !isReset, fields.ours?.set.contains(path) == false {
                found.append(difference(.disowned, path))
            }
        }
        var isWhole = true
        for child in marks.children {
            let below = value?.child(child.element)
            if below == nil, child.element.isItem { isWhole = false }
            compare(
                child.marks, with: below, path + [child.element], "\(place)/\(child.element.serialized)", isReset,
                &found)
        }
        if isWhole, let order = marks.order,
            marker.order(of: marks.children.map(\.element), in: value, at: place) != order
        {
            found.append(difference(.reordered, path))
        }
    }

    private static let labelPath: [PathElement] = [.field("metadata"), .field("labels"), .field(OwnerLabel.key)]

    private func difference(_ signal: DriftDifference.Signal, _ path: [PathElement]) -> DriftDifference {
        let isLabel = path == Self.labelPath && signal != .disowned
        // Who reordered, nobody notes.
        let manager = signal == .reordered ? "" : fields.owner(of: path)
        return DriftDifference(isLabel ? .label : signal, path, manager: manager)
    }

    // MARK: Others' fields

    var foreignDifferences: [DriftDifference] {
        var known: [[PathElement]: String] = [:]
        for foreign in baseline.foreign {
            for field in foreign.marks.flattened() { known[field.path] = field.mark }
        }
        var found: [DriftDifference] = []
        var seen: Set<[PathElement]> = []
        for foreign in fields.foreignMarks(marker, live) {
            for field in foreign.marks.flattened() where seen.insert(field.path).inserted {
                // What was ours is told of as ours.
                if known[field.path] == field.mark || baseline.own.contains(field.path[...]) { continue }
                if known[field.path] == nil, baseline.isDefault(field.mark) { continue }
                let signal: DriftDifference.Signal = known[field.path] == nil ? .added : .foreignChanged
                found.append(DriftDifference(signal, field.path, manager: foreign.manager))
            }
        }
        let ours = fields.ours?.set ?? FieldSet()
        for foreign in baseline.foreign {
            for field in foreign.marks.flattened() where !seen.contains(field.path) && !ours.touches(field.path[...]) {
                found.append(DriftDifference(.foreignRemoved, field.path, manager: foreign.manager))
            }
        }
        return found
    }

    func scaled(_ live: Object) -> DriftDifference? {
        guard let before = baseline.replicas, let now = fields.unownedReplicas(of: live),
            marker.mark(now, at: LiveFields.replicasPlace) != before
        else { return nil }
        return DriftDifference(.scaled, LiveFields.replicasPath)
    }
}
