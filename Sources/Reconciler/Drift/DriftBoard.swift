// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning
import Synchronization

/// What the watches tell of the objects that we applied, compared with what the last apply left, as it comes: of an
/// object itself nothing is kept here.
package final class DriftBoard: Sendable {
    /// An event of an object that is being written; only the newest is of interest.
    private enum Held {
        case present(Object)
        case deleted(version: UInt64?)
    }

    private struct Entry {
        var target: TargetID
        /// As text: a tree takes several times the room. Nil where nothing is known of the last apply.
        var baseline: [UInt8]? {
            didSet {
                applied = nil
                compared = nil
            }
        }
        /// What is asked of the baseline most, once somebody asked: reading all of it takes far longer.
        var applied: Applied?
        /// The ledger holds it as well.
        var isRecorded = false
        /// What was looked at last; what is not newer is no news.
        var seen: UInt64?
        var differences: [DriftDifference] = []
        /// Stands for what `differences` were found in: of most events only the status is news.
        var compared: Int?
        /// Writes of ours that are under way: half of their events come before their answers.
        var writes = 0
        var held: Held?
    }

    /// Which manifest was applied, and to which object.
    private struct Applied {
        var manifest: String
        var uid: String
    }

    private struct State {
        var entries: [ObjectID: Entry] = [:]
        var signals: [TargetID: Signal] = [:]
    }

    package let hash: FieldHash
    private let state = Mutex(State())

    package init(hash: FieldHash) { self.hash = hash }

    // MARK: What we did

    /// What the ledger holds, at the start: whatever changed while no daemon ran is found by the first event.
    package func load(_ records: [InventoryRecord], of target: TargetID) {
        state.withLock { state in
            for record in records where state.entries[record.object] == nil {
                state.entries[record.object] = Entry(
                    target: target, baseline: record.baseline.map { Array($0.utf8) }, isRecorded: true)
            }
        }
    }

    /// The objects are about to be written: what is told of them meanwhile is looked at once the answers are there.
    package func hold(_ objects: [ObjectID], by target: TargetID) {
        state.withLock { state in
            for object in objects {
                state.entries[object, default: Entry(target: target)].writes += 1
                state.entries[object]?.target = target
            }
        }
    }

    /// A write came to nothing.
    package func release(_ objects: [ObjectID]) {
        state.withLock { state in
            for object in objects { endWrite(of: object, &state) }
        }
    }

    /// An apply was answered: from here on everything is compared with what it left. Ends its hold.
    ///
    /// - Returns: What the ledger is to hold of it; once it does, `recorded` says so.
    package func applied(_ answer: Object, of manifest: Manifest, by target: TargetID) -> String {
        state.withLock { state in
            let before = state.entries[manifest.id]
            let previous = before.flatMap(Self.baseline)
            let baseline = DriftBaseline(of: answer, sent: manifest, after: previous, hash: hash)
            var entry = before ?? Entry(target: target)
            entry.target = target
            let text = baseline.text
            entry.baseline = Array(text.utf8)
            entry.isRecorded = false
            entry.seen = UInt64(answer.resourceVersion)
            // Only what others had changed before differs from what was just taken from the answer itself.
            let mayDiffer = previous?.uid == answer.uid || answer.metadata["deletionTimestamp"] != nil
            let differences = mayDiffer ? baseline.differences(from: answer, id: manifest.id, hash: hash) ?? [] : []
            state.entries[manifest.id] = entry
            note(differences, of: manifest.id, in: answer.comparedContent, &state)
            endWrite(of: manifest.id, &state)
            return text
        }
    }

    /// What the last applies of the objects left is in the ledger.
    package func recorded(_ objects: [ObjectID]) {
        state.withLock { state in
            for object in objects { state.entries[object]?.isRecorded = true }
        }
    }

    /// An object was read by itself, or is certainly not there: nothing is truer.
    package func confirm(_ object: ObjectID, is live: Object?) {
        state.withLock { state in
            guard let entry = state.entries[object] else { return }
            guard let live else { return note([DriftDifference(.gone)], of: object, &state) }
            state.entries[object]?.seen = UInt64(live.resourceVersion)
            guard let found = differences(of: live, object, entry) else { return }
            note(found, of: object, in: live.comparedContent, &state)
        }
    }

    /// It is the target's no more.
    package func forget(_ object: ObjectID, of target: TargetID) {
        state.withLock { state in
            if state.entries[object]?.target == target { state.entries[object] = nil }
        }
    }

    // MARK: What the watches tell

    package func saw(_ live: Object) {
        let object = live.objectID
        state.withLock { state in
            guard let entry = state.entries[object] else { return }
            if entry.writes > 0 {
                state.entries[object]?.held = .present(live)
            } else {
                look(at: live, object, entry, &state)
            }
        }
    }

    package func sawDeleted(_ live: Object) {
        let object = live.objectID
        let version = UInt64(live.resourceVersion)
        state.withLock { state in
            guard let entry = state.entries[object] else { return }
            if entry.writes > 0 {
                state.entries[object]?.held = .deleted(version: version)
            } else {
                lookAtDeletion(version, object, entry, &state)
            }
        }
    }

    /// All there is of a kind in a namespace was told, as of a version: what was not is gone.
    package func sawAll(
        of kind: GroupKind, namespace: String, at version: String, isThere: (ObjectID) -> Bool
    ) {
        state.withLock { state in
            let missing = state.entries.filter { object, entry in
                object.groupKind == kind && object.namespace == namespace && entry.writes == 0
                    && entry.baseline != nil && !isThere(object)
            }
            for (object, entry) in missing { lookAtDeletion(UInt64(version), object, entry, &state) }
        }
    }

    // MARK: What was found

    /// Notified whenever something else is found of an object of the target.
    package func signal(for target: TargetID) -> Signal { state.withLock { signal(for: target, &$0) } }

    /// How the object differs from what the last apply left, as far as is known.
    package func differences(of object: ObjectID) -> [DriftDifference] {
        state.withLock { Self.differences(of: $0.entries[object]) }
    }

    /// Those of the objects that differ, with how.
    package func differences(of objects: [ObjectID]) -> [ObjectID: [DriftDifference]] {
        state.withLock { state in
            var found: [ObjectID: [DriftDifference]] = [:]
            for object in objects {
                let differences = Self.differences(of: state.entries[object])
                if !differences.isEmpty { found[object] = differences }
            }
            return found
        }
    }

    private static func differences(of entry: Entry?) -> [DriftDifference] {
        guard let entry else { return [DriftDifference(.unverified)] }
        let isKnown = entry.baseline != nil || entry.differences == [DriftDifference(.gone)]
        return isKnown ? entry.differences : [DriftDifference(.unverified)]
    }

    /// The same for an object that was just read.
    package func differences(of live: Object, _ object: ObjectID) -> [DriftDifference] {
        state.withLock { state in
            guard let entry = state.entries[object], entry.baseline != nil else {
                return [DriftDifference(.unverified)]
            }
            // Read in another version, it is as it was seen to be.
            return differences(of: live, object, entry) ?? entry.differences
        }
    }

    /// Whether the object is as our last apply left it, its owner label and the mark of its source as well.
    package func isUntouched(_ object: ObjectID, of target: TargetID) -> Bool {
        state.withLock { state in
            guard let entry = state.entries[object] else { return false }
            return entry.target == target && entry.baseline != nil && entry.seen != nil && entry.writes == 0
                && entry.differences.isEmpty
        }
    }

    /// What stands for a manifest, in a baseline and where one is asked about.
    package func mark(of manifest: Manifest) -> String { DriftBaseline.mark(of: manifest, hash: hash) }

    /// Whether the object is as the very same manifest left it, and the target's: applying it again would change nothing,
    /// and the ledger knows of it.
    ///
    /// - Parameters:
    ///   - live: as the watch has it.
    ///   - mark: the manifest's, asked for where all else is so.
    package func isAsSent(
        _ object: ObjectID, mark: @autoclosure () -> String, over live: SeenObject, by target: TargetID
    ) -> Bool {
        let applied = state.withLock { state -> Applied? in
            guard let entry = state.entries[object], entry.target == target, entry.isRecorded, entry.writes == 0,
                entry.differences.isEmpty, let seen = entry.seen, let version = live.version, seen >= version
            else { return nil }
            return Self.applied(object, &state)
        }
        guard let applied, applied.uid == live.packed.uid else { return false }
        return applied.manifest == mark()
    }

    /// Whether this very manifest was the last that was applied of the object, whatever became of it since.
    ///
    /// - Parameter mark: the manifest's, asked for where there was an apply.
    package func wasApplied(_ object: ObjectID, mark: @autoclosure () -> String, by target: TargetID) -> Bool {
        let applied = state.withLock { state in
            state.entries[object]?.target == target ? Self.applied(object, &state) : nil
        }
        guard let applied else { return false }
        return applied.manifest == mark()
    }

    // MARK: Pieces

    private func look(at live: Object, _ object: ObjectID, _ entry: Entry, _ state: inout State) {
        let version = UInt64(live.resourceVersion)
        if let version, let seen = entry.seen, version <= seen { return }
        let content = live.comparedContent
        if entry.compared == content {
            state.entries[object]?.seen = version
            return
        }
        guard let found = differences(of: live, object, entry) else { return }
        state.entries[object]?.seen = version
        note(found, of: object, in: content, &state)
    }

    private func lookAtDeletion(_ version: UInt64?, _ object: ObjectID, _ entry: Entry, _ state: inout State) {
        if let version, let seen = entry.seen, version < seen { return }
        guard entry.baseline != nil else { return }
        note([DriftDifference(.gone)], of: object, &state)
    }

    /// Nil where they cannot be compared.
    private func differences(of live: Object, _ object: ObjectID, _ entry: Entry) -> [DriftDifference]? {
        Self.baseline(entry)?.differences(from: live, id: object, hash: hash)
    }

    private static func baseline(_ entry: Entry) -> DriftBaseline? {
        entry.baseline.flatMap { DriftBaseline(text: String(decoding: $0, as: UTF8.self)) }
    }

    private static func applied(_ object: ObjectID, _ state: inout State) -> Applied? {
        guard let entry = state.entries[object] else { return nil }
        if let known = entry.applied { return known }
        guard let baseline = baseline(entry) else { return nil }
        let applied = Applied(manifest: baseline.manifest, uid: baseline.uid)
        state.entries[object]?.applied = applied
        return applied
    }

    /// - Parameter content: what they were found in; nil where it is gone.
    private func note(
        _ differences: [DriftDifference], of object: ObjectID, in content: Int? = nil, _ state: inout State
    ) {
        state.entries[object]?.compared = content
        guard let entry = state.entries[object], entry.differences != differences else { return }
        state.entries[object]?.differences = differences
        signal(for: entry.target, &state).notify()
    }

    private func endWrite(of object: ObjectID, _ state: inout State) {
        guard var entry = state.entries[object], entry.writes > 0 else { return }
        entry.writes -= 1
        let held = entry.writes == 0 ? entry.held : nil
        if entry.writes == 0 { entry.held = nil }
        state.entries[object] = entry
        switch held {
        case .present(let live): look(at: live, object, entry, &state)
        case .deleted(let version): lookAtDeletion(version, object, entry, &state)
        case nil: break
        }
    }

    private func signal(for target: TargetID, _ state: inout State) -> Signal {
        if let signal = state.signals[target] { return signal }
        let signal = Signal()
        state.signals[target] = signal
        return signal
    }
}
